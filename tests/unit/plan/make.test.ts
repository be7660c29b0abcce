import { buildCellTable } from '@spatile/coordinator/cells/table';
import { makePlan } from '@spatile/coordinator/plan/make';
import { scanTranscripts } from '@spatile/coordinator/scan/scan';
import { configSchema, type RunConfigInput } from '@spatile/formats/config/schema';
import { describe, expect, it } from 'vitest';
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

describe('memory', () => {
  /**
   * 400 x 400 um with a transcript on every 4 um, and 2 x 10^5 more and 1500 nuclei in the middle 64 um.
   * @param nucleusUm edge of the nuclei, which may lie upon one another.
   */
  async function crowded(
    plan: RunConfigInput['plan'],
    { assign, nucleusUm = 1 }: Pick<RunConfigInput, 'assign'> & { nucleusUm?: number } = {},
  ) {
    const even = Array.from({ length: 10_000 }, (_, i) => ({ x: (i % 100) * 4, y: Math.floor(i / 100) * 4 }));
    const dense = Array.from({ length: 200_000 }, (_, i) => ({
      x: 168 + (i % 512) / 8,
      y: 168 + Math.floor(i / 512) / 8,
    }));
    const nuclei = Object.fromEntries(
      Array.from({ length: 1500 }, (_, i) => [
        `n${i}`,
        [168 + (i % 40) * 1.5, 168 + Math.floor(i / 40) * 1.5, nucleusUm] as [number, number, number],
      ]),
    );
    const bundle = littleBundle([...even, ...dense], [squares('nuclei', nuclei)]);
    const filters = { minQv: null, dropInvalid: false, contains: null };
    const scan = await scanTranscripts(bundle, filters, 16, () => {});
    const settings = configSchema.parse({ plan, assign });
    return makePlan('crowd', scan, await buildCellTable(bundle, null, scan, settings.prior, null), settings)
      .plan;
  }

  it('a low limit splits tiles until each fits, and no tile below the floor', async () => {
    const [roomy, tight] = [
      await crowded({}),
      await crowded({ memoryPerWorker: '220MiB', minTileSizeUm: 50 }),
    ];
    expect(roomy.tiles).toHaveLength(1);
    expect(tight.tiles.length).toBeGreaterThan(1);
    for (const { core, memoryBytes } of tight.tiles) {
      expect(memoryBytes).toBeLessThanOrEqual(220 * 2 ** 20);
      expect(Math.min(core.x1 - core.x0, core.y1 - core.y0)).toBeGreaterThanOrEqual(50);
    }
    expect(tight.tiles.reduce((sum, { transcripts }) => sum + transcripts, 0)).toBe(210_000);
  });

  it('says so when even the smallest tile does not fit', async () => {
    await expect(crowded({ memoryPerWorker: '150MiB' })).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
      message: expect.stringMatching(
        /^plan: tile t\d{4} of \d+ x \d+ um needs about \d+ MiB per worker \(limit 150 MiB\) and has no halves of at least 120 um; give more with --memory-per-worker or lower plan\.minTileSizeUm$/,
      ),
    });
  });

  it('says so when a strip between tiles does not fit, which is as wide as cells need', async () => {
    const plan = { memoryPerWorker: '220MiB', minTileSizeUm: 50, haloUm: 16 };
    const nucleusUm = 150;
    await expect(crowded(plan, { nucleusUm })).rejects.toMatchObject({
      code: 'MEMORY_LIMIT',
      message: expect.stringMatching(
        /^plan: a border strip with its surroundings of \d+ x \d+ um at \(-?\d+, -?\d+\) needs about \d+ MiB per worker \(limit 220 MiB\); it is as wide as cells of 160 um need; give more with --memory-per-worker, or mend the prior if its cells are smaller$/,
      ),
    });
    for (const assign of [
      { method: 'nucleus' } as const,
      { method: 'proseg', proseg: { schedule: { borderIterations: 0 } } } as const,
    ])
      expect((await crowded(plan, { nucleusUm, assign })).tiles.length).toBeGreaterThan(0);
  });
});
