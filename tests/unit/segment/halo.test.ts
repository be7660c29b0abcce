import type { ModelManifest } from '@spatile/formats/model/manifest';
import { networkHaloUm } from '@spatile/formats/segment/halo';
import { expect, test } from 'vitest';

const common = { input: { step: 16 }, size: { maxUm: 20 }, receptiveFieldPx: 100 };

// 20 um are 40 pixels of 0.5 um; whole multiples of 16 pixels.
test.each([
  ['stardist', {}, 100 + 64],
  ['unet', {}, 100 + 80],
  ['cellpose', { decode: { patchPx: 256 } }, 256 + 80],
] as const)('the halo of %s is what its pixels and instances depend on', (method, more, least) => {
  const px = networkHaloUm({ ...common, ...more, method } as unknown as ModelManifest, 0.5) / 0.5;
  expect(px % 16).toBe(0);
  expect(px).toBeGreaterThanOrEqual(least);
  expect(px).toBeLessThan(least + 16);
});
