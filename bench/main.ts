import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { assign } from './assign.ts';
import type { Bench, BenchCase, BenchOptions } from './bench.ts';
import { ingest } from './ingest.ts';
import { buildDigest, commit, machine } from './machine.ts';
import { publish } from './pages.ts';
import { ResultFile, readResults } from './results.ts';
import { scale } from './scale.ts';
import { seams } from './seams.ts';
import { duration } from './statistics.ts';
import { Workbench } from './workbench.ts';

const BENCHES: Bench[] = [ingest, assign, scale, seams];
const RESULTS = 'bench/results';
const USAGE = `npm run bench -- NAME [options]

  NAME            ${BENCHES.map(({ name }) => name).join(', ')}, kernels; "tables" rewrites the tables from stored results
  kernels [EDGE] [GENES]  takes the edge of its tile in um and the genes of its panel instead of options

  --size UM,...   edges of the square slides (1 M transcripts: 1060, 10 M: 3350)
  --repeats N     times every measurement is repeated
  --workers N     worker processes where the bench does not vary them (2)
  --slides N      slides of different seed, for seams (3)
  --only TEXT     only cases whose name contains TEXT
  --resume        skip cases measured before with the same build, settings and machine
  --list          show the cases and the expected time
  --out DIR       write results there and leave the tables of the repository alone`;

/** The built program beside this bundle. */
const program = dirname(dirname(fileURLToPath(import.meta.url)));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    repeats: { type: 'string' },
    workers: { type: 'string' },
    slides: { type: 'string' },
    only: { type: 'string' },
    resume: { type: 'boolean' },
    list: { type: 'boolean' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const [name] = positionals;
if (values.help || name === undefined) console.log(USAGE);
else if (name === 'tables')
  for (const bench of BENCHES) publish(bench, readResults(values.out ?? RESULTS, bench.name));
else {
  const bench = BENCHES.find((one) => one.name === name);
  if (bench === undefined) fail(`${name}: no such bench\n\n${USAGE}`);
  else await runBench(bench);
}

async function runBench(bench: Bench): Promise<void> {
  const all = bench.cases(benchOptions());
  const results = new ResultFile(
    values.out ?? RESULTS,
    bench.name,
    all.map(({ key }) => key),
  );
  const [build, on] = [buildDigest(program), machine()];
  const chosen = all.filter(
    (one) => one.key.includes(values.only ?? '') && !(values.resume && results.isCurrent(one, build, on)),
  );
  console.log(
    `${on.cpu}, ${on.cores} cores, ${on.memoryGiB} GiB, Node ${on.node}, ${on.platform}; commit ${commit()}, build ${build}`,
  );
  for (const { key, estimateSeconds } of chosen) console.log(`  ${key}: about ${duration(estimateSeconds)}`);
  console.log(`${chosen.length} of ${all.length} cases, about ${duration(total(chosen))} together`);
  if (values.list) return;
  await measureAll(chosen, (one, outcome) => results.put(one, outcome, build, on));
  if (results.cases.length === 0) return;
  for (const { render } of bench.pages) console.log(`\n${render(results.cases)}`);
  if (values.out === undefined) publish(bench, results.cases);
}

/** Measures case by case; one that fails is told and the others go on. */
async function measureAll(
  cases: readonly BenchCase[],
  done: (one: BenchCase, outcome: Awaited<ReturnType<BenchCase['measure']>>) => void,
): Promise<void> {
  if (cases.length === 0) return;
  const workbench = new Workbench(program);
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopped = true;
      workbench.close();
    });
  }
  process.on('exit', () => workbench.close());
  const started = performance.now();
  for (const [i, one] of cases.entries()) {
    if (stopped) break;
    console.log(`\n[${i + 1}/${cases.length}] ${one.key}: ${one.label}`);
    const begun = performance.now();
    try {
      if (workbench.freeBytes < one.diskBytes)
        throw new Error(
          `${workbench.folder}: ${Math.round(workbench.freeBytes / 1e6)} MB free; expected ${Math.round(one.diskBytes / 1e6)} MB; point SPATILE_BENCH_TMP to a larger disk`,
        );
      done(one, await one.measure(workbench));
    } catch (error) {
      process.exitCode = 1;
      if (!stopped) console.error(`${one.key}: failed: ${error instanceof Error ? error.stack : error}`);
      continue;
    } finally {
      if (!stopped) workbench.tidy();
    }
    const rest =
      total(cases.slice(i + 1)) * pace(cases.slice(0, i + 1), (performance.now() - started) / 1000);
    console.log(
      `${one.key}: done in ${duration((performance.now() - begun) / 1000)}${rest > 0 ? `; about ${duration(rest)} left` : ''}`,
    );
  }
  if (stopped) process.exit(130);
}

/** How much slower than expected it has gone so far. */
function pace(cases: readonly BenchCase[], seconds: number): number {
  return seconds / total(cases);
}

function total(cases: readonly BenchCase[]): number {
  return cases.reduce((sum, { estimateSeconds }) => sum + estimateSeconds, 0);
}

function benchOptions(): BenchOptions {
  const whole = (option: 'repeats' | 'workers' | 'slides', fallback: number): number => {
    const value = Number(values[option] ?? fallback);
    if (!Number.isInteger(value) || value < 1)
      fail(`--${option} is not a whole number from 1 (${values[option]})`);
    return value;
  };
  const sizesUm = (values.size ?? '').split(',').filter(Boolean).map(Number);
  if (sizesUm.some((size) => !(size >= 30 && size <= 20_000)))
    fail(`--size is not a list of microns from 30 to 20000 (${values.size})`);
  return {
    sizesUm,
    repeats: values.repeats === undefined ? null : whole('repeats', 1),
    workers: whole('workers', 2),
    slides: whole('slides', 3),
  };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
