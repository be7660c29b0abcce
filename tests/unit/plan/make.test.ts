import { buildCellTable } from '@spatile/coordinator/cells/table';
import { makePlan } from '@spatile/coordinator/plan/make';
import { scanTranscripts } from '@spatile/coordinator/scan/scan';
import { configSchema } from '@spatile/formats/config/schema';
import { expect, it } from 'vitest';
import { littleBundle, squares } from '../scan/little-bundle.ts';

const config = configSchema.parse({});
const tissue = [0, 10, 20, 30].flatMap((x) => [0, 40].map((y) => ({ x, y })));

async function planWith(...stray: [x: number, y: number][]) {
  const bundle = littleBundle(
    [...tissue, ...stray.map(([x, y]) => ({ x, y }))],
    [squares('nuclei', { a: [10, 10, 8] })],
  );
  const scan = await scanTranscripts(
    bundle,
    { minQv: null, dropInvalid: false, contains: null },
    16,
    () => {},
  );
  const cells = await buildCellTable(bundle, null, scan, config.prior, null);
  return makePlan('breast', scan, cells, config).plan;
}

it('a slide with its transcripts together is planned', async () => {
  const { extent, tiles } = await planWith([-20, 100]);
  expect(extent).toEqual({ x0: -32, y0: 0, x1: 32, y1: 112 });
  expect(tiles.map(({ transcripts, cells }) => [transcripts, cells])).toEqual([[9, 1]]);
});

it.each([
  ['along x', [1e7, 0]],
  ['along y', [0, -1e7]],
  ['in both, each within bounds', [2e5, 2e5]],
  ['beyond 32 bits of bins', [2 ** 32 * 16 + 16, 0]],
  ['at the largest single-precision numbers', [3e38, -3e38]],
] as const)('a stray transcript far away is an error before anything is allocated: %s', async (_, stray) => {
  await expect(planWith([...stray])).rejects.toMatchObject({
    code: 'COORDINATES_INVALID',
    message: expect.stringMatching(
      /^breast: the transcripts lie too far apart for one slide \(they span [\de.+]+ x [\de.+]+ um\); expected at most 262144 um along an edge and [\d.]+ mm2; look for stray coordinates, or set input\.columns\.umPerUnit/,
    ),
  });
});

it('the largest slides in use are planned', async () => {
  const { tiles } = await planWith([25_000, 75_000]);
  expect(tiles.reduce((sum, { transcripts }) => sum + transcripts, 0)).toBe(9);
});

it('an asked-for tile size is obeyed below the usual floor', async () => {
  const bundle = littleBundle(
    Array.from({ length: 100 }, (_, i) => ({ x: 1 + (i % 10) * 16, y: 1 + Math.floor(i / 10) * 16 })),
    [squares('nuclei', { a: [10, 10, 8] })],
  );
  const scan = await scanTranscripts(
    bundle,
    { minQv: null, dropInvalid: false, contains: null },
    16,
    () => {},
  );
  const small = configSchema.parse({ plan: { tileSizeUm: 60 } });
  const { plan } = makePlan(
    'breast',
    scan,
    await buildCellTable(bundle, null, scan, small.prior, null),
    small,
  );
  for (const { core } of plan.tiles)
    expect(Math.max(core.x1 - core.x0, core.y1 - core.y0)).toBeLessThanOrEqual(60);
});
