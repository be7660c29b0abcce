import { join } from 'node:path';
import type { Bench, BenchCase, BenchOptions, CaseOutcome } from './bench.ts';
import { hasBroker } from './cluster/broker.ts';
import { measureScale, type ScaleCase, type ScaleMeasured } from './cluster/scale/measure.ts';
import { COSTS } from './cluster/scale/tasks.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, spread } from './statistics.ts';

const MEBIBYTE = 2 ** 20;
const MILLION = 1_000_000;
/** Payloads are smaller by this: one machine cannot move what a thousand workers move. What bytes cost is measured apart. */
const BYTE_SCALE = 100;

interface Named extends ScaleCase {
  key: string;
  label: string;
}

/** Many workers in simulation: real coordinators and a real broker, workers that sleep instead of computing. */
export const scaleCluster: Bench = {
  name: 'scale-cluster',
  cases: (options) => (options.tiny ? [TINY, TINY_RUNS] : CASES).map((one) => benchCase(one, options)),
  pages: [{ page: 'bench/cluster.md', render }],
};

const slide = (
  transcripts: number,
  density: number,
  tileSizeUm: number | null,
): ScaleCase['runs'][number] => ({
  ...{ transcripts, density, tileSizeUm },
});
const large = (tileSizeUm: number): ScaleCase['runs'] => [slide(1000 * MILLION, 4.4, tileSizeUm)];
const middle = (tileSizeUm: number): ScaleCase['runs'] => [slide(100 * MILLION, 0.5, tileSizeUm)];

const CASES: Named[] = [
  named('100 M transcripts, 100 workers, tiles of 800 um', middle(800), 100, 2),
  named('100 M transcripts, 1,000 workers, tiles of 300 um', middle(300), 1000, 1),
  named('1,000 M transcripts, 100 workers, tiles of 800 um', large(800), 100, 7),
  named('1,000 M transcripts, 1,000 workers, tiles of 300 um', large(300), 1000, 1),
  named(
    'three runs at once, of 100, 10 and 10 M transcripts, 100 workers',
    [...middle(300), ...[0, 1].map(() => slide(10 * MILLION, 0.5, 300))],
    100,
    2,
  ),
];
const TINY = named('0.05 M transcripts, 20 workers', [slide(50_000, 1, 60)], 20, 4);
const TINY_RUNS = named(
  'two runs at once, 10 workers',
  [0, 1].map(() => slide(20_000, 1, 60)),
  10,
  4,
);

function named(label: string, runs: ScaleCase['runs'], workers: number, timeScale: number): Named {
  const sizes = runs.map(({ transcripts }) => transcripts / MILLION).join('-');
  return { key: `${sizes}m-${workers}`, label, runs, workers, timeScale, byteScale: BYTE_SCALE };
}

function benchCase(one: Named, { tiny, program }: BenchOptions): BenchCase {
  const { key, label, runs, ...settings } = one;
  return {
    key,
    label,
    settings: { ...settings, runs: JSON.stringify(runs), costs: JSON.stringify(COSTS) },
    estimateSeconds: tiny ? 15 : 200,
    diskBytes: 3e9,
    skip: () => (hasBroker() ? null : 'no nats-server on the path'),
    measure: async (workbench) => {
      const [coordinator, workers] = ['scale-coordinator', 'scale-workers'].map((name) =>
        join(program, `bench/${name}.js`),
      );
      const folder = workbench.emptyFolder(`scale-${key}`);
      return outcome(one, await measureScale(one, { coordinator, workers, folder }));
    },
  };
}

function outcome({ workers }: Named, measured: ScaleMeasured): CaseOutcome {
  const { broker, runs, seconds } = measured;
  const tasks = runs.reduce((sum, { plan }) => sum + plan.tasks, 0);
  const cpuSeconds = runs.reduce((sum, { outcome }) => sum + outcome.cpuSeconds, 0);
  const work = runs.reduce((sum, { plan }) => sum + plan.workSeconds, 0);
  const one = (value: number) => spread([value]);
  return {
    measured: {
      seconds: one(seconds),
      idealSeconds: one(Math.max(...runs.map(({ plan }) => plan.idealSeconds), work / workers)),
      coordinatorCpuSeconds: one(cpuSeconds),
      coordinatorPeakBytes: one(Math.max(...runs.map(({ outcome }) => outcome.peakBytes))),
      coordinatorMsPerTask: one((1000 * cpuSeconds) / tasks),
      delayP99Ms: one(Math.max(...runs.map(({ outcome }) => outcome.delayP99Ms))),
      tasksPerSecond: one(tasks / seconds),
      messagesPerSecond: one(broker.messages / seconds),
      brokerCpuSeconds: one(broker.cpuSeconds),
      brokerBytes: one(broker.memoryBytes),
    },
    quality: {
      tasks,
      everyTaskCommitted: runs.every(({ plan, outcome }) => outcome.committed === plan.tasks),
      slowConsumers: broker.slowConsumers,
      mostActive: Math.max(...runs.map(({ outcome }) => outcome.mostActive)),
    },
    digest: '',
    details: measured,
  };
}

function render(cases: readonly CaseResult[]): string {
  const of = ({ measured }: CaseResult, name: string, digits = 0, scale = 1): string =>
    number((measured[name]?.median ?? Number.NaN) * scale, digits);
  const timeScale = ({ settings }: CaseResult): number => Number(settings.timeScale);
  const seconds = table(
    ['case', 'tasks', 'tiles faster by', 'seconds', 'ideal, s', 'of ideal', 'committed'],
    cases.map((one) => [
      one.label,
      number(Number(one.quality.tasks)),
      number(timeScale(one)),
      of(one, 'seconds', 1),
      of(one, 'idealSeconds', 1),
      `${number((100 * one.measured.idealSeconds.median) / one.measured.seconds.median)} %`,
      one.quality.everyTaskCommitted ? 'all' : 'NOT ALL',
    ]),
  );
  const load = table(
    [
      'case',
      'tasks/s',
      'coordinator, CPU ms per task',
      'busy at true speed',
      'answers after (99 %), ms',
      'peak, MiB',
      'GB to move',
      'MB/s at true speed',
      'broker, messages/s',
      'CPU s',
      'MiB',
    ],
    cases.map((one) => [
      one.label,
      of(one, 'tasksPerSecond', 1),
      of(one, 'coordinatorMsPerTask', 1),
      `${number((100 * one.measured.coordinatorCpuSeconds.median) / (one.measured.idealSeconds.median * timeScale(one)), 1)} %`,
      of(one, 'delayP99Ms', 0),
      of(one, 'coordinatorPeakBytes', 0, 1 / MEBIBYTE),
      number(gigabytes(one), 1),
      number((1000 * gigabytes(one)) / (one.measured.idealSeconds.median * timeScale(one))),
      of(one, 'messagesPerSecond', 0),
      of(one, 'brokerCpuSeconds', 1),
      of(one, 'brokerBytes', 0, 1 / MEBIBYTE),
    ]),
  );
  return [seconds, load, shares(cases), provenance(cases)].filter((part) => part !== '').join('\n\n');
}

/** Payloads as large as they would be, of all runs together. */
function gigabytes({ details, settings }: CaseResult): number {
  const { runs } = details as ScaleMeasured;
  return (runs.reduce((sum, { plan }) => sum + plan.bytes, 0) * Number(settings.byteScale)) / 1e9;
}

/** How runs that share workers fared. */
function shares(cases: readonly CaseResult[]): string {
  const rows = cases.flatMap(({ details, label, settings }) => {
    const { runs } = details as ScaleMeasured;
    if (runs.length < 2) return [];
    return runs.map(({ plan, outcome }) => [
      `${label}: ${number(plan.transcripts / MILLION, 1)} M`,
      number(outcome.seconds, 1),
      number(plan.idealSeconds, 1),
      number(Math.max(plan.idealSeconds, (plan.workSeconds * runs.length) / Number(settings.workers)), 1),
    ]);
  });
  if (rows.length === 0) return '';
  return table(
    ['run among others', 'seconds', 'alone on all workers, ideal', 'on its share of workers, ideal'],
    rows,
  );
}
