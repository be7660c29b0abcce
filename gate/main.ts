import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Baseline, type Measured, type Noise, readBaseline, writeBaseline } from './baseline.ts';
import { GATE_CASE, type MethodSpec } from './case.ts';
import { compare, incomparable } from './compare.ts';
import { Measurement } from './measure.ts';
import { Program } from './program.ts';
import { GATED_SCORES } from './scores.ts';
import { complaintOf, tableOf } from './table.ts';

const BASELINE = 'gate/baseline.json';
const USAGE = `npm run gate [-- options]

Runs a small fixed case and fails when accuracy fell by more than its noise, or counted work grew by more than 10 %.

  --all            show the scores of single slides too
  --accept TEXT    take the numbers of now as the baseline; TEXT says why
  --noise          with --accept: measure the noise again even where the slides are the same`;
/** The built program beside this bundle. */
const ENTRY = join(dirname(dirname(fileURLToPath(import.meta.url))), 'coordinator/main.js');

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    accept: { type: 'string' },
    noise: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.accept !== undefined && values.accept.trim().length < 10)
  end('gate: --accept says too little; expected the reason in a few words; it is kept in gate/baseline.json');
else await withMeasurement(values.accept === undefined ? check : accept);

async function withMeasurement(job: (measurement: Measurement) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spatile-gate-'));
  const program = new Program(ENTRY, Math.min(4, availableParallelism()));
  const tidy = (): void => {
    program.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  process.on('exit', tidy);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  await job(new Measurement(program, folder, GATE_CASE)).catch((error: Error) => {
    console.error(error.message.startsWith('gate:') ? error.message : error.stack);
    // Other commands may still run: leaving ends them.
    process.exit(1);
  });
}

/** Compares with the baseline; exit status 1 when something fell or grew, or when the two cannot be compared. */
async function check(measurement: Measurement): Promise<void> {
  const started = performance.now();
  const baseline = readBaseline(BASELINE);
  if (baseline === null)
    return end(`gate: ${BASELINE} is missing; make it with npm run gate -- --accept "why"`);
  const slides = await measurement.slides();
  const why = incomparable(baseline, slides, GATE_CASE);
  if (why !== null)
    return end(`gate: ${why}; look at the change and take new numbers: npm run gate -- --accept "why"`);
  tellRuns(({ seeds }) => seeds);
  const rows = compare(baseline, { slides, ...(await measurement.values()) }, GATE_CASE);
  process.stdout.write(tableOf(rows, values.all));
  console.log(`baseline of ${baseline.commit}: ${baseline.reason}`);
  console.log(`${rows.length} comparisons in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const complaint = complaintOf(rows);
  if (complaint !== null) end(complaint);
}

/** Stores what the case gives now, with the reason; says how it differs from the baseline before. */
async function accept(measurement: Measurement): Promise<void> {
  const before = readBaseline(BASELINE);
  const slides = await measurement.slides();
  tellRuns(({ seeds }) => seeds);
  const now: Measured = { slides, ...(await measurement.values()) };
  const comparable = before !== null && incomparable(before, slides, GATE_CASE) === null;
  const noise =
    comparable && !values.noise && isNoiseKnown(before.noise, now)
      ? before.noise
      : await measuredNoise(measurement);
  const baseline: Baseline = {
    version: 1,
    reason: values.accept!.trim(),
    commit: commit(),
    case: GATE_CASE,
    ...now,
    noise,
  };
  if (comparable) process.stdout.write(tableOf(compare(before, now, GATE_CASE), values.all));
  writeBaseline(BASELINE, baseline);
  console.log(`${BASELINE}: accepted (${baseline.reason}); commit it together with the change`);
}

/** Says how much is to be run, since nothing else is heard until it is done. */
function tellRuns(seedsOf: (method: MethodSpec) => number[]): void {
  const seeds = GATE_CASE.methods.reduce((sum, method) => sum + seedsOf(method).length, 0);
  console.log(`${GATE_CASE.slides.length} slides, ${seeds} runs on each`);
}

/** Whether the noise of every score that a method without fixed results has now was measured. */
function isNoiseKnown({ sd }: Noise, { accuracy }: Measured): boolean {
  return GATE_CASE.methods
    .filter(({ noiseSeeds }) => noiseSeeds.length > 0)
    .every(({ name }) =>
      Object.values(accuracy[name]).every((scores) =>
        Object.keys(GATED_SCORES).every((score) => !(score in scores) || score in (sd[name] ?? {})),
      ),
    );
}

async function measuredNoise(measurement: Measurement): Promise<Noise> {
  console.log('measuring the noise between seeds');
  tellRuns(({ noiseSeeds }) => noiseSeeds);
  const runs = Math.max(...GATE_CASE.methods.map(({ noiseSeeds }) => noiseSeeds.length));
  return {
    how: `standard deviation between ${runs} seeds of the run on the same slide, pooled over ${GATE_CASE.slides.length} slides; methods without random numbers have none`,
    commit: commit(),
    sd: await measurement.noise(),
  };
}

/** The commit, marked when files differ from it. */
function commit(): string {
  const git = (...words: string[]): string =>
    execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}

function end(sentence: string): void {
  console.error(sentence);
  process.exitCode = 1;
}
