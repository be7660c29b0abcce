import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { assignResultFrom, assignTileFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { assignExpand } from '@spatile/worker/assign/expand/compute';
import { assignNucleus } from '@spatile/worker/assign/nucleus/compute';
import type { Handler } from '@spatile/worker/handler';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { beforeAll, describe, expect, it } from 'vitest';
import { context, type LittleSlide, tileOf } from './little-slide.ts';

const OUTS = resolve(import.meta.dirname, '../../../../shared/data/xenium/breast-crop/outs');
const WINDOW = { x0: -20, y0: -20, x1: 95, y1: 185 };

async function rows(name: string): Promise<Record<string, number>[]> {
  const file = await asyncBufferFromFile(resolve(OUTS, name));
  return (await parquetReadObjects({ file, compressors })) as Record<string, number>[];
}

interface Vendor {
  slide: LittleSlide;
  /** Number of each vendor cell, and what the vendor says of each transcript. */
  cell: number[];
  nuclear: number[];
}

async function vendor(): Promise<Vendor> {
  const rings = new Map<number, [number, number][]>();
  for (const { cell_id, vertex_x, vertex_y } of await rows('nucleus_boundaries.parquet')) {
    rings.set(cell_id, [...(rings.get(cell_id) ?? []), [vertex_x, vertex_y]]);
  }
  const centre = (ring: [number, number][], axis: 0 | 1): number =>
    ring.slice(1).reduce((sum, point) => sum + point[axis], 0) / (ring.length - 1);
  const cells = [...rings]
    .map(([id, ring]) => ({
      id,
      nuclei: [ring],
      seed: [centre(ring, 0), centre(ring, 1)] as [number, number],
    }))
    .sort((a, b) => a.seed[1] - b.seed[1] || a.seed[0] - b.seed[0]);
  const number = new Map(cells.map(({ id }, c) => [id, c + 1]));
  const transcripts = await rows('transcripts.parquet');
  return {
    slide: {
      cells,
      transcripts: transcripts.map((t) => ({
        x: t.x_location,
        y: t.y_location,
        prior: number.get(t.cell_id) ?? 0,
        nuclear: Number(t.overlaps_nucleus),
      })),
    },
    cell: transcripts.map((t) => number.get(t.cell_id) ?? 0),
    nuclear: transcripts.map((t) => Number(t.overlaps_nucleus)),
  };
}

describe.skipIf(!existsSync(OUTS))('Xenium breast crop (skipped where ../shared/data is absent)', () => {
  let truth: Vendor;
  beforeAll(async () => {
    truth = await vendor();
  });

  const verdicts = async (handler: Handler, settings: Record<string, unknown>): Promise<Uint32Array> => {
    const frame: Frame = assignTileFrame(tileOf(truth.slide, WINDOW, 0), { meta: { settings } });
    return assignResultFrom(await handler(frame, context)).claims.cell;
  };

  it('by flag gives exactly the transcripts the vendor says are nuclear', async () => {
    const cell = await verdicts(assignNucleus, { by: 'flag', pixelSizeUm: 0.2125 });
    expect(cell.length).toBe(11421);
    expect([...cell]).toEqual(truth.cell.map((c, i) => (truth.nuclear[i] === 1 ? c : 0)));
  });

  // Measured: 97.0 %.
  it('by outline agrees with the flag as far as the simplified outlines do', async () => {
    const cell = await verdicts(assignNucleus, { by: 'outline', pixelSizeUm: 0.2125 });
    // Transcripts of vendor cells whose outline is not in the crop cannot be judged.
    const judged = truth.cell.map((_, i) => i).filter((i) => truth.cell[i] > 0);
    const equal = judged.filter((i) => cell[i] === (truth.nuclear[i] === 1 ? truth.cell[i] : 0)).length;
    expect(equal / judged.length).toBeGreaterThan(0.96);
  });

  // Measured: 98.75 % (nuclei simplified to 13 vertices; cells beyond the crop are missing as rivals).
  it('by expansion of 15 um gives the cells of a bundle that was made so', async () => {
    const cell = await verdicts(assignExpand, { distanceUm: 15, pixelSizeUm: 0.2125 });
    const judged = truth.cell.map((_, i) => i).filter((i) => truth.cell[i] > 0);
    const equal = judged.filter((i) => cell[i] === truth.cell[i]).length;
    expect(equal / judged.length).toBeGreaterThan(0.98);
  });
});
