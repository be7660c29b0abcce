import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoundAssign } from '../../../worker/kernels/bind.ts';
import { displacementLaw } from '../../../worker/src/assign/proseg/displacement.ts';
import { bound, emptyTile } from '../../kernels/small-tile.ts';
import { SETTINGS } from './simulated.ts';

let kernel: BoundAssign;
beforeAll(async () => {
  kernel = await bound(emptyTile({ width: 1, height: 1, label: [0], cells: 0 }));
});
afterAll(() => kernel.release());

/** sd in depth times layers, up to far beyond the depth and the most layers that can be configured. */
test.each([
  [0.1, 4],
  [0.6, 32],
  [3, 32],
  [100, 32],
])('the law of sd %f of the depth on %i layers fits the tables of the kernel', (diffusionSdZ, layers) => {
  const law = displacementLaw({ ...SETTINGS, diffusionSdZ }, 1, layers, kernel.kernel);
  for (const name of ['near', 'far', 'mode'] as const) {
    expect(law[name].threshold.length).toBeLessThanOrEqual(kernel.arrays[`${name}Threshold`].length);
    law[name].alias.forEach((to) => {
      expect(to).toBeLessThan(law[name].threshold.length);
    });
  }
});

test('cutting the law in depth changes nothing between layers that there are', () => {
  const { mode } = displacementLaw(
    { ...SETTINGS, diffusionSdZ: 3, diffusionProbability: 0 },
    1,
    32,
    kernel.kernel,
  );
  const share = Array.from(mode.threshold, (limit) => limit / 2 ** 32);
  mode.threshold.forEach((limit, i) => {
    share[mode.alias[i]] += 1 - limit / 2 ** 32;
  });
  const centre = (mode.threshold.length / 2 - 1) / 2;
  // A normal of 96 layers: 31 layers away it is exp(-31^2 / (2 * 96^2)) of its middle.
  expect(share[centre + 31] / share[centre]).toBeCloseTo(Math.exp(-(31 ** 2) / (2 * 96 ** 2)), 3);
});
