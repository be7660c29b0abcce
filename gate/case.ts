/**
 * The fixed case of the gate: small slides of the simulator, two methods, a schedule short enough for every commit. A change
 * of anything here makes the baseline one of another case.
 */
export interface GateCase {
  slides: SlideSpec[];
  methods: MethodSpec[];
}

export interface SlideSpec {
  name: string;
  /** Options of `spatile simulate`, and of every run on this slide. */
  simulate: string[];
  run: string[];
}

export interface MethodSpec {
  name: string;
  run: string[];
  /** Seeds of the runs that are compared; their mean is the value of a score. */
  seeds: number[];
  /** Seeds from which the noise of a score is measured; none for a method that draws no random numbers. */
  noiseSeeds: number[];
}

const sets = (values: Record<string, number>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

const slide = (preset: string, sizeUm: number, seed: number, genes: number): string[] =>
  `--preset ${preset} --size-um ${sizeUm} --seed ${seed} --genes ${genes} --no-images`.split(' ');

const firstSeeds = (n: number): number[] => Array.from({ length: n }, (_, k) => k + 1);

/** Two by two tiles, so that settling and the border round are part of the case. */
const TILES = { 'plan.tileSizeUm': 80 };

/** A third of the default iterations, of every kind. */
const SHORT = {
  'assign.proseg.fit.coarseIterations': 40,
  'assign.proseg.fit.fineIterations': 20,
  'assign.proseg.fit.minPilots': 2,
  'assign.proseg.fit.maxPilots': 2,
  'assign.proseg.schedule.coarseIterations': 40,
  'assign.proseg.schedule.fineIterations': 40,
  'assign.proseg.schedule.hillClimbIterations': 20,
  'assign.proseg.schedule.recordedIterations': 20,
  'assign.proseg.schedule.borderIterations': 30,
  'assign.proseg.schedule.borderHillClimbIterations': 15,
};

/** Most genes share factors on one of the slides: the inner products behind their rates are counted there. */
const FACTORED = { 'assign.proseg.privateGenes': 100, 'assign.proseg.factors': 24 };

export const GATE_CASE: GateCase = {
  slides: [
    { name: 'default', simulate: slide('default', 120, 1, 300), run: sets(TILES) },
    { name: 'crowded', simulate: slide('crowded', 100, 2, 300), run: sets(TILES) },
    { name: 'leaky', simulate: slide('leaky', 120, 3, 600), run: sets({ ...TILES, ...FACTORED }) },
  ],
  methods: [
    { name: 'expand', run: ['--assign', 'expand'], seeds: [1], noiseSeeds: [] },
    {
      name: 'proseg',
      run: ['--assign', 'proseg', ...sets(SHORT)],
      seeds: firstSeeds(3),
      noiseSeeds: firstSeeds(10),
    },
  ],
};
