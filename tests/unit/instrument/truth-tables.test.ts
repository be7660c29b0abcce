import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings } from '@spatile/instrument/simulate/options';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { isInside, polygonArea } from '@spatile/instrument/simulate/star-ring';
import { Tissue } from '@spatile/instrument/simulate/tissue';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-truth-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Row = Record<string, unknown>;

async function rowsOf(name: string): Promise<Row[]> {
  const file = await asyncBufferFromFile(join(folder, 'slide.truth', name));
  return parquetReadObjects({ file, compressors, geoparquet: false, utf8: false });
}

/** The ring of a little-endian well-known-binary polygon, without its repeated last point. */
function ringOf(geometry: unknown): Float64Array {
  const bytes = geometry as Uint8Array;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const points = view.getUint32(9, true);
  const ring = Float64Array.from({ length: 2 * points }, (_, k) => view.getFloat64(13 + 8 * k, true));
  if (ring[0] !== ring[2 * points - 2] || ring[1] !== ring[2 * points - 1]) throw new Error('ring is open');
  return ring.subarray(0, 2 * points - 2);
}

describe('the truth about cells', () => {
  const settings = { sizeUm: 300, genes: 40, seed: 8, preset: 'crowded' } as const;
  const cells = new Tissue(resolveSettings({ out: '', ...settings })).near({
    x0: 0,
    y0: 0,
    x1: 300,
    y1: 300,
  });
  let rows: Row[];
  let bodies: Row[];
  let nuclei: Row[];
  beforeAll(async () => {
    await simulateSlide({
      ...settings,
      transcriptsPerCell: 10,
      images: false,
      out: join(folder, 'slide'),
      truth: join(folder, 'slide.truth'),
    });
    rows = await rowsOf('cells.parquet');
    bodies = await rowsOf('cell_polygons.parquet');
    nuclei = await rowsOf('nucleus_polygons.parquet');
  });

  it('has a row for each, numbered from 1 in the order of blocks', () => {
    expect(rows.map(({ cell }) => cell)).toEqual(cells.map((_, i) => i + 1));
    expect(bodies.map(({ cell }) => cell)).toEqual(cells.map((_, i) => i + 1));
    expect(rows.map(({ layer }) => layer)).toEqual(cells.map(({ layer }) => layer));
    expect(rows.map(({ nuclei }) => nuclei)).toEqual(cells.map(({ nuclei }) => nuclei.length));
  });

  it('has the outline of each body and of each nucleus', () => {
    expect(bodies.map(({ geometry }) => ringOf(geometry))).toEqual(cells.map(({ body }) => body.vertices));
    const expected = cells.flatMap(({ nuclei }, i) =>
      nuclei.map(({ vertices }) => ({ cell: i + 1, vertices })),
    );
    expect(nuclei.map(({ cell }) => cell)).toEqual(expected.map(({ cell }) => cell));
    expect(nuclei.map(({ geometry }) => ringOf(geometry))).toEqual(expected.map(({ vertices }) => vertices));
  });

  it('states areas and places that fit the outlines, and none of a missing nucleus', () => {
    const nuclearArea = new Map<unknown, number>();
    for (const { cell, geometry } of nuclei) {
      nuclearArea.set(cell, (nuclearArea.get(cell) ?? 0) + polygonArea(ringOf(geometry)));
    }
    expect(rows.some((row) => row.nuclei === 0)).toBe(true);
    rows.forEach((row, i) => {
      const ring = ringOf(bodies[i].geometry);
      expect(row.area).toBeCloseTo(polygonArea(ring), 6);
      expect(isInside(ring, row.seed_x as number, row.seed_y as number)).toBe(true);
      expect(row.nucleus_area).toBeCloseTo(nuclearArea.get(row.cell) ?? 0, 6);
      const hasPlace = isInside(ring, row.nucleus_x as number, row.nucleus_y as number);
      expect(hasPlace).toBe(row.nuclei !== 0);
    });
  });

  it('marks a transcript outside by the ground of its cell alone', async () => {
    const transcripts = await rowsOf('transcripts.parquet');
    const leaked = transcripts.filter(({ displaced }) => displaced === 1);
    const outside = (of: Row[]) => of.filter((row) => row.outside === 1).length / of.length;
    expect(transcripts.some(({ cell, outside }) => cell === 0 && outside === 1)).toBe(false);
    expect(outside(leaked)).toBeGreaterThan(
      3 * outside(transcripts.filter(({ displaced }) => displaced === 0)),
    );
  });
});
