import { modelShape } from '@spatile/coordinator/assign/model-shape';
import { PROCESS_BASE_BYTES, type TileLoad, tileMemoryBytes } from '@spatile/coordinator/plan/memory';
import { configSchema, type RunConfigInput } from '@spatile/formats/config/schema';
import { growRect, type RectUm } from '@spatile/formats/space';
import { geometricMemoryBytes } from '@spatile/formats/tile/geometric';
import { prosegMemoryBytes } from '@spatile/formats/tile/proseg';
import { describe, expect, it } from 'vitest';

const area = ({ x0, y0, x1, y1 }: RectUm): number => (x1 - x0) * (y1 - y0);
const core = { x0: 1000, y0: 1000, x1: 1800, y1: 1800 };

/** A slide of 4 mm2 with 8000 cells and one transcript per um2. */
const load: TileLoad = {
  core,
  haloUm: 32,
  count: area,
  countSeeds: () => 0,
  slideCells: 8000,
  slideArea: 2000 * 2000,
  genes: 300,
  hasZ: true,
};

const bytes = (assign: RunConfigInput['assign'], change: Partial<TileLoad> = {}): number =>
  tileMemoryBytes({ ...load, ...change }, configSchema.parse({ assign }));

describe('the estimate of a tile', () => {
  it.each(['nucleus', 'expand'] as const)('covers both stages of %s', (method) => {
    const estimate = bytes({ method, [method]: { pixelSizeUm: 0.5 } });
    for (const [region, transcripts] of [
      [growRect(core, 32), 864 ** 2],
      [growRect(core, 64), 928 ** 2],
    ] as const) {
      const needed = geometricMemoryBytes({
        pixels: area(region) / 0.25,
        layers: 1,
        transcripts,
        cells: (8000 * area(region)) / 2000 ** 2,
      });
      expect(estimate).toBeGreaterThanOrEqual(PROCESS_BASE_BYTES + needed);
    }
  });

  it('of proseg covers the outline stage where halos are wide and the model is small', () => {
    const assign = { method: 'proseg', proseg: { layers: 8, privateGenes: 1, components: 1 } } as const;
    const wide = { haloUm: 2000, genes: 1, slideCells: 10, count: () => 1000 };
    const outline = geometricMemoryBytes({ pixels: 8800 ** 2, layers: 8, transcripts: 1000, cells: 10 });
    expect(bytes(assign, wide)).toBeGreaterThanOrEqual(PROCESS_BASE_BYTES + outline);
  });

  it('grows with pixels, transcripts and cells', () => {
    for (const method of ['nucleus', 'expand'] as const) {
      const base = bytes({ method });
      // 100 instead of 16 pixels per um2.
      const finer = bytes({ method, [method]: { pixelSizeUm: 0.1 } });
      expect(finer - base).toBeGreaterThan(area(core) * 84 * 10);
      expect(bytes({ method }, { count: (rect) => 10 * area(rect) })).toBeGreaterThan(base);
      expect(bytes({ method }, { slideCells: 80_000 })).toBeGreaterThan(base);
    }
  });

  it('covers the cells of a crowded part: those whose seeds are there, however few the slide has on average', () => {
    const seeds = 6000;
    const crowded = bytes({ method: 'proseg' }, { countSeeds: (rect) => (area(rect) > 0 ? seeds : 0) });
    const region = growRect(core, load.haloUm);
    const config = configSchema.parse({}).assign.proseg;
    const needed = prosegMemoryBytes({
      voxelsFine: area(region) * config.layers,
      transcripts: area(region),
      cells: seeds,
      model: modelShape(load.genes, true, config),
    });
    expect(crowded).toBeGreaterThanOrEqual(PROCESS_BASE_BYTES + needed);
    expect(crowded).toBeGreaterThan(bytes({ method: 'proseg' }));
    // Never more than the slide has.
    expect(bytes({ method: 'proseg' }, { countSeeds: () => 1e9 })).toBe(
      bytes({ method: 'proseg' }, { countSeeds: () => load.slideCells }),
    );
  });
});
