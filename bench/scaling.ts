import { mkdtempSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchCase, BenchOptions, CaseOutcome } from './bench.ts';
import { measureRuns } from './measured-run.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { Cores } from './scaling/cores.ts';
import { number, show } from './statistics.ts';
import type { Surroundings, Workbench } from './workbench.ts';

const SEED = 13;
/** Of the machine's cores, what the emulated ones use together: the bench and the system need the rest. */
const USED = 0.9;
/** Above this edge in microns a run with four workers' small cores takes too long: fewer cores have larger shares. */
const LARGE_UM = 1500;

/** Workers that the emulated cores are measured with on a slide; their share is the same for all numbers. */
const emulatedOn = (sizeUm: number): readonly number[] => (sizeUm > LARGE_UM ? [1, 2] : [1, 2, 4]);

/**
 * On what a run is measured: the machine as it is, one core for all of the run, or an emulated core for each process.
 * `emulated` is how a machine with cores enough is told from one whose cores are too few for coordinator and workers.
 */
type On = 'machine' | 'one core' | 'emulated';

/** How many times as fast more workers are than one, where they have a core each, and where they have not. */
export const scaling: Bench = {
  name: 'scaling',
  cases: (options) => {
    const sizes = options.sizesUm.length > 0 ? options.sizesUm : [options.tiny ? 130 : 1060];
    return sizes.flatMap((sizeUm) => [
      scalingCase('machine', 1, sizeUm, options),
      scalingCase('machine', 2, sizeUm, options),
      scalingCase('one core', 1, sizeUm, options),
      ...emulatedOn(sizeUm).map((workers) => scalingCase('emulated', workers, sizeUm, options)),
    ]);
  },
  pages: [{ page: 'bench/details.md', render }],
};

/** Part of a real core that an emulated one is, so that the most of them fit into the machine. */
const shareOf = (on: On, sizeUm: number): number =>
  on === 'one core' ? 1 : Math.min(1, (USED * cpus().length) / (Math.max(...emulatedOn(sizeUm)) + 1));

function scalingCase(on: On, workers: number, sizeUm: number, { repeats }: BenchOptions): BenchCase {
  const n = repeats ?? 1;
  const share = on === 'machine' ? 1 : Number(shareOf(on, sizeUm).toFixed(2));
  const millions = sizeUm ** 2 / 1.12e6;
  const words = ['--workers', `${workers}`, '--seed', '1'];
  const perRun = (75 * millions) / (share * Math.min(workers, on === 'emulated' ? workers : 1.6)) + 10;
  return {
    key: `${on.replace(' ', '-')}-${sizeUm}-${workers}`,
    label: `${NAMES[on]}, ${workers === 1 ? '1 worker' : `${workers} workers`}`,
    settings: { sizeUm, seed: SEED, on, workers, share, repeats: n, command: words.join(' ') },
    estimateSeconds: perRun * n + 15 * millions,
    diskBytes: millions * 8e8 + 1e8,
    skip: () => (on === 'machine' ? null : Cores.missing()),
    measure: async (workbench) => {
      const slide = await workbench.slide({ sizeUm, seed: SEED });
      const measure = (around?: Surroundings): Promise<CaseOutcome> =>
        measureRuns(workbench, slide, words, n, around);
      if (on === 'machine') return measure();
      const cores = Cores.open(on === 'one core' ? 1 : workers + 1, share);
      try {
        return await measure(surroundings(workbench, cores, on === 'one core' ? 0 : workers));
      } finally {
        await cores.close();
      }
    },
  };
}

const NAMES: Record<On, string> = {
  machine: 'this machine as it is',
  'one core': 'all of the run on one core',
  emulated: 'an emulated core for each process',
};

/** Puts coordinator and workers each on a core of their own; all on the first one with `workers` 0. */
function surroundings({ folder }: Workbench, cores: Cores, workers: number): Surroundings {
  return {
    imports: ['bench/scaling/core-hook.mjs'],
    environment: () => ({
      SPATILE_BENCH_CORES: cores.folder,
      SPATILE_BENCH_CORES_WORKERS: `${workers}`,
      SPATILE_BENCH_CORES_CLAIMS: mkdtempSync(join(folder, 'claims-')),
    }),
  };
}

/** The run that others on the same are compared with: one worker; two workers on the machine also stand for two cores. */
function baseOf(one: CaseResult, cases: readonly CaseResult[]): CaseResult | undefined {
  return cases.find(
    ({ settings }) =>
      settings.on === one.settings.on && settings.workers === 1 && settings.sizeUm === one.settings.sizeUm,
  );
}

function render(cases: readonly CaseResult[]): string {
  const rows = cases.map((one) => {
    const { settings, measured, quality, digest, label } = one;
    const base = baseOf(one, cases);
    const times = base === undefined ? null : base.measured.seconds.median / measured.seconds.median;
    return [
      label,
      number(Number(quality.transcripts)),
      number(Number(settings.share), 2),
      show(measured.seconds),
      times === null || settings.workers === 1 ? '-' : number(times, 2),
      number(Number(quality.f1), 3),
      number(Number(quality.detection), 3),
      digest.slice(0, 8),
    ];
  });
  return [
    table(
      [
        'on',
        'transcripts',
        'share of a core',
        'whole run, s',
        'times as fast as 1 worker',
        'F1',
        'found cells',
        'digest',
      ],
      rows,
    ),
    '',
    ...coresLine(cases),
    `${provenance(cases)} Emulated cores: the coordinator and each worker are put into a control group that may use the same fixed share of a core's time and no more, so that all of them fit into this machine at once; threads of the coordinator use the cores of workers that have nothing to do, except the one that works beside them: it shares the coordinator's. Times are then longer by the share; how many times as fast is what a machine would show that has a core for each process. Memory, caches and the disk are shared as ever.`,
  ].join('\n');
}

/** One core against two, coordinator and all: twice the machine. */
function coresLine(cases: readonly CaseResult[]): string[] {
  return cases.flatMap(({ settings, measured }) => {
    if (settings.on !== 'one core') return [];
    const two = cases.find(
      (other) =>
        other.settings.on === 'machine' &&
        other.settings.workers === 2 &&
        other.settings.sizeUm === settings.sizeUm,
    );
    if (two === undefined) return [];
    const times = measured.seconds.median / two.measured.seconds.median;
    return [
      `Two workers on two cores are ${number(times, 2)} times as fast as one worker with all of the run on one core.`,
      '',
    ];
  });
}
