import type { Bench, BenchCase, BenchOptions } from './bench.ts';
import { measureRuns } from './measured-run.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, type Spread, show } from './statistics.ts';
import { STEPS } from './steps.ts';

const SEED = 13;
/** Above this a slide runs the sampler with the short schedule: memory does not depend on the number of iterations. */
const DEFAULT_SCHEDULE_UP_TO_UM = 1500;
/** About a fifteenth of the default, with every phase and every buffer of it. */
const SHORT_SCHEDULE = {
  'fit.parameterIterations': 4,
  'fit.coarseIterations': 8,
  'fit.fineIterations': 4,
  'fit.blockIterations': 4,
  'schedule.coarseIterations': 6,
  'schedule.fineIterations': 8,
  'schedule.hillClimbIterations': 3,
  'schedule.recordedIterations': 4,
  'schedule.borderIterations': 4,
  'schedule.borderHillClimbIterations': 2,
};
const shortWords = Object.entries(SHORT_SCHEDULE).flatMap(([key, value]) => [
  '--set',
  `assign.proseg.${key}=${value}`,
]);

/** Memory and time of whole runs on slides of 1 M and 10 M transcripts. */
export const scale: Bench = {
  name: 'scale',
  cases: (options) =>
    (options.sizesUm.length > 0 ? options.sizesUm : options.tiny ? [130] : [1060, 3350]).flatMap((sizeUm) => [
      scaleCase(sizeUm, 'expand', options, options.workers),
      scaleCase(sizeUm, 'proseg', options, options.workers),
      ...(defaultSchedule(sizeUm) && options.workers > 1 ? [scaleCase(sizeUm, 'proseg', options, 1)] : []),
    ]),
  pages: [{ page: 'bench/details.md', render }],
};

const defaultSchedule = (sizeUm: number): boolean => sizeUm <= DEFAULT_SCHEDULE_UP_TO_UM;

function scaleCase(
  sizeUm: number,
  method: 'expand' | 'proseg',
  options: BenchOptions,
  workers: number,
): BenchCase {
  const small = defaultSchedule(sizeUm);
  // The sampler at these sizes takes minutes, and peaks of memory hardly vary: it runs once.
  const n = options.repeats ?? (small && method === 'expand' ? 3 : 1);
  const short = method === 'proseg' && !small;
  const millions = sizeUm ** 2 / 1.12e6;
  const words = [
    ...['--assign', method, '--workers', `${workers}`, '--seed', '1'],
    ...(short ? shortWords : []),
  ];
  const perRun = 35 * millions + (method === 'expand' ? 0 : ((short ? 90 : 1000) * millions) / workers);
  return {
    key: workers === options.workers ? `${method}-${sizeUm}` : `${method}-${sizeUm}-${workers}`,
    label: `${method}${short ? ', short schedule' : ''}${workers === options.workers ? '' : `, ${workers} worker`}`,
    settings: { sizeUm, seed: SEED, method, workers, repeats: n, command: words.join(' ') },
    estimateSeconds: perRun * n + 25 * millions,
    diskBytes: millions * 8e8 + 1e8,
    measure: async (workbench) =>
      measureRuns(workbench, await workbench.slide({ sizeUm, seed: SEED }), words, n),
  };
}

/** What a slide of about 1 M transcripts must keep to with the default schedule on two cores. */
const TARGET = { seconds: 480, workerMiB: 2048 };

function targetLine({ settings, measured, quality, label }: CaseResult): string[] {
  const about1M = Math.abs(Number(quality.transcripts) - 1e6) < 2e5;
  if (settings.method !== 'proseg' || settings.workers !== 2 || !about1M) return [];
  const [seconds, mib] = [measured.seconds.median, measured.workerPeakBytes.most / 2 ** 20];
  const met = seconds < TARGET.seconds && mib < TARGET.workerMiB;
  return [
    `Target for ${label} at 1 M transcripts on 2 cores: under ${TARGET.seconds} s and under ${TARGET.workerMiB} MiB per worker; ${met ? 'met' : '**not met**'} with ${number(seconds)} s and ${number(mib)} MiB.`,
    '',
  ];
}

/** How many times as fast more workers are than one, on the same slide; nothing when only one of the two was run. */
function speedUpLine(one: CaseResult, cases: readonly CaseResult[]): string[] {
  const { method, sizeUm, workers } = one.settings;
  if (Number(workers) < 2) return [];
  const alone = cases.find(
    ({ settings }) => settings.method === method && settings.sizeUm === sizeUm && settings.workers === 1,
  );
  if (alone === undefined) return [];
  const times = alone.measured.seconds.median / one.measured.seconds.median;
  return [
    `${one.label}, ${number(Number(one.quality.transcripts))} transcripts: ${workers} workers are ${number(times, 2)} times as fast as one, with ${one.digest === alone.digest ? 'the same bytes' : '**other bytes**'}.`,
    '',
  ];
}

/** Results of earlier versions lack steps that were not logged then. */
const nonZero = (value: Spread | undefined): Spread | undefined =>
  value !== undefined && value.most > 0 ? value : undefined;

function render(cases: readonly CaseResult[]): string {
  const head = (first: string): string[] => [first, 'transcripts', 'tiles'];
  const start = ({ label, quality }: CaseResult): string[] => [
    label,
    number(Number(quality.transcripts)),
    number(Number(quality.tiles)),
  ];
  const memory = cases.map((one) => [
    ...start(one),
    show(one.measured.coordinatorPeakBytes, 0, 2 ** -20),
    show(one.measured.workerPeakBytes, 0, 2 ** -20),
    number(Number(one.quality.plannedWorkerBytes) / 2 ** 20),
    show(one.measured.seconds, 0),
    number(Number(one.quality.f1), 3),
    number(Number(one.quality.detection), 3),
    one.digest.slice(0, 8),
  ]);
  const times = cases.map((one) => [
    ...start(one),
    // A step that the method does not have takes no time at all.
    ...STEPS.map((step) => show(nonZero(one.measured[`${step}Seconds`]), 1)),
  ]);
  return [
    'Peak memory (resident set, MiB), whole run, and quality of the same run:',
    '',
    table(
      [
        ...head('method'),
        'coordinator, MiB',
        'worker, MiB',
        'planned worker, MiB',
        'whole run, s',
        'F1',
        'found cells',
        'digest',
      ],
      memory,
    ),
    '',
    'Where the time goes, in seconds of wall time:',
    '',
    table([...head('method'), ...STEPS], times),
    '',
    ...cases.flatMap(targetLine),
    ...cases.flatMap((one) => speedUpLine(one, cases)),
    `${provenance(cases)} ${[...new Set(cases.map(({ settings }) => settings.workers))].join(', ')} workers. Peaks are those of the processes themselves (\`VmHWM\`), of workers the highest of all. The short schedule (${Object.entries(
      SHORT_SCHEDULE,
    )
      .map(([key, value]) => `\`${key}=${value}\``)
      .join(
        ', ',
      )}) keeps every phase and buffer, so its memory is that of the default schedule and its accuracy is not. Where a range is given, it is median and range of 3; else one run.`,
  ].join('\n');
}
