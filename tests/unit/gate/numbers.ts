import type { Baseline, Measured } from '../../../gate/baseline.ts';
import type { GateCase } from '../../../gate/case.ts';

/** A case of two slides and two methods, one of them without noise. */
export const CASE: GateCase = {
  slides: [
    { name: 'calm', simulate: ['--seed', '1'], run: [] },
    { name: 'crowded', simulate: ['--seed', '2'], run: [] },
  ],
  methods: [
    { name: 'expand', run: [], seeds: [1], noiseSeeds: [] },
    { name: 'proseg', run: [], seeds: [1, 2], noiseSeeds: [1, 2, 3, 4] },
  ],
};

export const measured = (): Measured => ({
  slides: { calm: 'aa', crowded: 'bb' },
  accuracy: {
    expand: { calm: { f1: 0.6, foreignMarkers: 0.2 }, crowded: { f1: 0.5, foreignMarkers: 0.3 } },
    proseg: { calm: { f1: 0.8, foreignMarkers: 0.1 }, crowded: { f1: 0.7, foreignMarkers: 0.2 } },
  },
  work: { expand: { pixelsGrown: 1000, tasks: 4 }, proseg: { labelProposals: 1000, wasmPages: 100 } },
});

export const baseline = (): Baseline => ({
  version: 1,
  reason: 'numbers to compare with',
  commit: 'abc1234',
  case: CASE,
  noise: { how: 'told', commit: 'abc1234', sd: { expand: {}, proseg: { f1: 0.01, foreignMarkers: 0.004 } } },
  ...measured(),
});
