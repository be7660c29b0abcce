import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEvents } from '@spatile/coordinator/run/events';
import { RunStore } from '@spatile/coordinator/run/store';
import type { Bench, BenchCase } from './bench.ts';
import { BENCHES } from './benches.ts';
import { install } from './competitors/install.ts';
import { buildDigest, commit, machine } from './machine.ts';
import { benchOptions, type CommandLine, parseCommandLine } from './options.ts';
import { publish } from './pages.ts';
import { ResultFile, readResults } from './results.ts';
import { duration } from './statistics.ts';
import { timelineOf, timelineTable } from './timeline.ts';
import { Workbench } from './workbench.ts';

const RESULTS = 'bench/results';

/** The built program beside this bundle. */
const program = dirname(dirname(fileURLToPath(import.meta.url)));

let stopped = false;
const begunGroups = new Set<string | undefined>();
const leftOut = new Set<string | undefined>();
const asked = parseCommandLine(process.argv.slice(2));
const started = performance.now();
if (asked.name === 'tables')
  for (const bench of BENCHES) publish(bench, readResults(asked.out ?? RESULTS, bench.name));
else if (asked.name === 'install') process.exitCode = await install();
else if (asked.run !== null)
  console.log(timelineTable(timelineOf(await readEvents(new RunStore(asked.run)))));
else {
  const chosen = BENCHES.filter(({ name }) => asked.name === null || name === asked.name);
  for (const bench of chosen) if (!stopped) await runBench(bench, asked);
}

async function runBench(bench: Bench, asked: CommandLine): Promise<void> {
  const all = bench.cases(benchOptions(asked, program));
  const folder = asked.out ?? (asked.tiny ? null : RESULTS);
  const results = new ResultFile(
    folder,
    bench.name,
    all.map(({ key }) => key),
  );
  const [build, on] = [buildDigest(program), machine()];
  const chosen = all.filter(
    (one) => one.key.includes(asked.only) && !(asked.resume && results.isCurrent(one, build, on)),
  );
  console.log(
    `${bench.name}: ${on.cpu}, ${on.cores} cores, ${on.memoryGiB} GiB, Node ${on.node}, ${on.platform}; commit ${commit()}, build ${build}`,
  );
  for (const { key, estimateSeconds } of chosen) console.log(`  ${key}: about ${duration(estimateSeconds)}`);
  const disk = Math.max(0, ...chosen.map(({ diskBytes }) => diskBytes));
  console.log(
    `${chosen.length} of ${all.length} cases, about ${duration(total(chosen))} together; needs ${Math.ceil(disk / 1e9)} GB of disk`,
  );
  if (asked.list) return;
  await measureAll(chosen, results, (one, outcome) => results.put(one, outcome, build, on));
  if (results.cases.length === 0) return;
  for (const { render } of bench.pages) console.log(`\n${render(results.cases)}`);
  if (folder === RESULTS) publish(bench, results.cases);
}

/** Measures case by case; one that fails is told and the others go on. */
async function measureAll(
  cases: readonly BenchCase[],
  results: ResultFile,
  done: (one: BenchCase, outcome: Awaited<ReturnType<BenchCase['measure']>>) => void,
): Promise<void> {
  if (cases.length === 0) return;
  const workbench = new Workbench(program);
  const close = (): void => workbench.close();
  const stop = (): void => {
    stopped = true;
    workbench.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  process.on('exit', close);
  const begun = performance.now();
  for (const [i, one] of cases.entries()) {
    if (stopped) break;
    console.log(`\n[${i + 1}/${cases.length}] ${one.key}: ${one.label}`);
    const why = one.skip?.(results.cases) ?? outOfTime(cases, i);
    if (why !== null) console.log(`${one.key}: left out: ${why}`);
    else await measureOne(one, workbench, done);
    if (stopped) break;
    workbench.tidy(one.group === undefined || cases[i + 1]?.group === one.group);
    const soFar = (performance.now() - begun) / 1000;
    const rest = total(cases.slice(i + 1)) * (soFar / total(cases.slice(0, i + 1)));
    if (rest > 0) console.log(`${duration(soFar)} gone; about ${duration(rest)} left`);
  }
  close();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  process.off('exit', close);
  if (stopped) process.exit(130);
}

async function measureOne(
  one: BenchCase,
  workbench: Workbench,
  done: (one: BenchCase, outcome: Awaited<ReturnType<BenchCase['measure']>>) => void,
): Promise<void> {
  const begun = performance.now();
  try {
    if (workbench.freeBytes < one.diskBytes)
      throw new Error(
        `${workbench.folder}: ${Math.round(workbench.freeBytes / 1e6)} MB free; expected ${Math.round(one.diskBytes / 1e6)} MB; point SPATILE_BENCH_TMP to a larger disk`,
      );
    done(one, await one.measure(workbench));
    console.log(`${one.key}: done in ${duration((performance.now() - begun) / 1000)}`);
  } catch (error) {
    process.exitCode = 1;
    if (!stopped) console.error(`${one.key}: failed: ${error instanceof Error ? error.stack : error}`);
  }
}

/** A group that would end after the time the user gave is not begun; one that has begun goes on, so that it stays whole. */
function outOfTime(cases: readonly BenchCase[], i: number): string | null {
  if (asked.minutes === null) return null;
  const { group } = cases[i];
  if (begunGroups.has(group)) return null;
  if (leftOut.has(group)) return 'no time left for its group';
  const needed = group === undefined ? [cases[i]] : cases.filter((other) => other.group === group);
  const end = (performance.now() - started) / 60_000 + total(needed) / 60;
  if (end <= asked.minutes) {
    if (group !== undefined) begunGroups.add(group);
    return null;
  }
  if (group !== undefined) leftOut.add(group);
  return `would end after ${Math.round(end)} of ${asked.minutes} minutes`;
}

function total(cases: readonly BenchCase[]): number {
  return cases.reduce((sum, { estimateSeconds }) => sum + estimateSeconds, 0);
}
