import { BlockMemo } from '@spatile/instrument/simulate/blocks';
import { CELL_TYPES } from '@spatile/instrument/simulate/cell-types';
import { Emission } from '@spatile/instrument/simulate/emission';
import { resolveSettings } from '@spatile/instrument/simulate/options';
import { isInRing, isInside, pointInRing } from '@spatile/instrument/simulate/star-ring';
import { Tissue } from '@spatile/instrument/simulate/tissue';
import { TranscriptBuffer } from '@spatile/instrument/simulate/transcripts';
import { Vendor } from '@spatile/instrument/simulate/vendor';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const settings = resolveSettings({ out: '', sizeUm: 600, genes: 50, seed: 3 });
const tissue = new Tissue(settings);
const cells = [0, 1, 2].flatMap((row) => [0, 1, 2].flatMap((column) => tissue.block(column, row)));

describe('cells', () => {
  it('are seeded at least the spacing apart within their layer, and densely', () => {
    for (const layer of [0, 1]) {
      const seeds = cells
        .filter((cell) => cell.layer === layer)
        .map(({ body }) => [body.centreX, body.centreY])
        .sort((a, b) => a[0] - b[0]);
      let nearest = Number.POSITIVE_INFINITY;
      seeds.forEach(([x, y], i) => {
        for (let j = i + 1; j < seeds.length && seeds[j][0] - x < settings.spacingUm; j++) {
          nearest = Math.min(nearest, Math.hypot(seeds[j][0] - x, seeds[j][1] - y));
        }
      });
      expect(nearest).toBeGreaterThanOrEqual(settings.spacingUm);
    }
    const lower = cells.filter(({ layer }) => layer === 0).length;
    expect((lower * settings.spacingUm ** 2) / settings.sizeUm ** 2).toBeGreaterThan(0.45);
    expect((cells.length - lower) / lower).toBeCloseTo(settings.overlapShare, 1);
  });

  it('hardly overlap within a layer, and do so between the layers', () => {
    const stream = new RandomStream(1, 'probe');
    const near = tissue.near({ x0: 200, y0: 200, x1: 399, y1: 399 });
    let [lower, upper, both, more] = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) {
      const x = 200 + 200 * stream.uniform();
      const y = 200 + 200 * stream.uniform();
      const holders = near.filter(({ body }) => isInside(body.vertices, x, y));
      const above = holders.filter(({ layer }) => layer === 1).length;
      const below = holders.length - above;
      if (below > 0) lower++;
      if (above > 0) upper++;
      if (below > 0 && above > 0) both++;
      if (below > 1 || above > 1) more++;
    }
    expect(lower).toBeGreaterThan(2600);
    expect(more / lower).toBeLessThan(0.01);
    expect(both / lower).toBeGreaterThan(0.03);
    expect(both / upper).toBeGreaterThan(0.5);
  });

  it('hold their nuclei, which lie apart, and are not all alike', () => {
    for (const { body, nuclei } of cells) {
      for (const { vertices } of nuclei) {
        for (let k = 0; k < vertices.length; k += 2) {
          expect(isInside(body.vertices, vertices[k], vertices[k + 1])).toBe(true);
          for (const other of nuclei) {
            if (other.vertices !== vertices)
              expect(isInside(other.vertices, vertices[k], vertices[k + 1])).toBe(false);
          }
        }
      }
    }
    const areas = cells.map(({ body }) => body.area).sort((a, b) => a - b);
    expect(areas[Math.floor(0.9 * areas.length)]).toBeGreaterThan(2 * areas[Math.floor(0.1 * areas.length)]);
  });

  it('have no nucleus or two as often as was asked', () => {
    const share = (n: number) => cells.filter(({ nuclei }) => nuclei.length === n).length / cells.length;
    // 2,350 cells: standard errors of 0.005 and 0.0035.
    expect(Math.abs(share(0) - settings.anucleateShare)).toBeLessThan(0.02);
    expect(Math.abs(share(2) - settings.binucleateShare)).toBeLessThan(0.014);
  });

  it('lie in patches of their type', () => {
    let [same, pairs] = [0, 0];
    for (const a of cells) {
      for (const b of cells) {
        const dx = a.body.centreX - b.body.centreX;
        const dy = a.body.centreY - b.body.centreY;
        if (a.key >= b.key || dx * dx + dy * dy > 15 * 15) continue;
        pairs++;
        if (a.type === b.type) same++;
      }
    }
    const counts: number[] = CELL_TYPES.map(() => 0);
    for (const { type } of cells) counts[type]++;
    const byChance = counts.reduce((sum, n) => sum + (n / cells.length) ** 2, 0);
    expect(counts.every((n) => n > 0)).toBe(true);
    expect(same / pairs).toBeGreaterThan(1.5 * byChance);
  });
});

describe('blocks', () => {
  it('do not depend on which were made before', () => {
    const fresh = new Tissue(settings);
    expect(fresh.block(2, 1)).toEqual(tissue.block(2, 1));
    const [alone, late] = [new TranscriptBuffer(), new TranscriptBuffer()];
    new Emission(new Tissue(settings)).fill(1, 1, alone);
    const emission = new Emission(tissue);
    for (const [column, row] of [
      [2, 2],
      [0, 0],
      [1, 1],
    ])
      emission.fill(column, row, late);
    expect(alone.length).toBeGreaterThan(20_000);
    expect(late.length).toBe(alone.length);
    for (const name of ['x', 'y', 'z', 'qv', 'feature', 'cell', 'bornX', 'displaced'] as const) {
      expect(bytesOf(late[name], late.length).equals(bytesOf(alone[name], alone.length)), name).toBe(true);
    }
    expect(new Vendor(new Tissue(settings)).block(1, 2)).toEqual(new Vendor(tissue).block(1, 2));
  });

  it('are remembered up to a limit, those used last longest', () => {
    const made: string[] = [];
    const memo = new BlockMemo(9, (column, row) => {
      made.push(`${column},${row}`);
      return 10 * column + row;
    });
    expect(memo.around(5, 5)).toEqual([44, 54, 64, 45, 55, 65, 46, 56, 66]);
    expect(memo.get(4, 4)).toBe(44);
    expect(made).toHaveLength(9);
    memo.get(-1, 7);
    expect(memo.get(4, 4)).toBe(44);
    expect(made).toHaveLength(10);
    expect(memo.get(5, 4)).toBe(54);
    expect(made.at(-1)).toBe('5,4');
  });
});

describe('transcripts', () => {
  it('are born in their cell', () => {
    const buffer = new TranscriptBuffer();
    new Emission(tissue).fill(1, 1, buffer);
    const block = tissue.block(1, 1);
    let outside = 0;
    for (let i = 0; i < buffer.length; i++) {
      if (buffer.cell[i] === 0) continue;
      if (!isInside(block[buffer.cell[i] - 1].body.vertices, buffer.bornX[i], buffer.bornY[i])) outside++;
    }
    // Rounding to float32 may carry a birth place over the border.
    expect(outside).toBeLessThan(5);
  });

  it('leak with a tail that no normal distribution has', () => {
    const buffer = new TranscriptBuffer();
    new Emission(tissue).fill(1, 1, buffer);
    const distances: number[] = [];
    for (let i = 0; i < buffer.length; i++) {
      if (buffer.displaced[i] === 1) {
        distances.push(Math.hypot(buffer.x[i] - buffer.bornX[i], buffer.y[i] - buffer.bornY[i]));
      }
    }
    const rms = Math.sqrt(distances.reduce((sum, d) => sum + d * d, 0) / distances.length);
    const far = distances.filter((d) => d > 20).length / distances.length;
    expect(rms).toBeGreaterThan(5);
    // Of a two-dimensional normal with sd 4 a share of exp(-12.5) = 4e-6 lies beyond 20 um.
    expect(far).toBeGreaterThan(0.005);
  });
});

describe('star rings', () => {
  it('decide quickly what the polygon decides slowly', () => {
    const stream = new RandomStream(5, 'points');
    for (const { body } of cells.slice(0, 60)) {
      for (let i = 0; i < 50; i++) {
        const x = body.centreX + 1.2 * body.reachUm * (2 * stream.uniform() - 1);
        const y = body.centreY + 1.2 * body.reachUm * (2 * stream.uniform() - 1);
        expect(isInRing(body, x, y)).toBe(isInside(body.vertices, x, y));
      }
    }
  });

  it('give uniform points inside', () => {
    const { body } = cells
      .filter(({ body: { isLoose } }) => !isLoose)
      .reduce((a, b) => (Math.abs(a.body.fan.frame.bend) > Math.abs(b.body.fan.frame.bend) ? a : b));
    const stream = new RandomStream(4, 'points');
    const place = new Float64Array(2);
    let [meanX, meanY, inside] = [0, 0, 0];
    const n = 20_000;
    for (let i = 0; i < n; i++) {
      pointInRing(body, stream.uniform(), stream.uniform(), place);
      meanX += place[0] / n;
      meanY += place[1] / n;
      if (isInside(body.vertices, place[0], place[1])) inside++;
    }
    const centroid = centroidOf(body.vertices);
    expect(inside).toBe(n);
    expect(meanX).toBeCloseTo(centroid[0], 0);
    expect(meanY).toBeCloseTo(centroid[1], 0);
  });
});

function centroidOf(vertices: Float64Array): [number, number] {
  let [area, cx, cy] = [0, 0, 0];
  for (let k = 0; k < vertices.length; k += 2) {
    const next = (k + 2) % vertices.length;
    const cross = vertices[k] * vertices[next + 1] - vertices[next] * vertices[k + 1];
    area += cross / 2;
    cx += ((vertices[k] + vertices[next]) * cross) / 6;
    cy += ((vertices[k + 1] + vertices[next + 1]) * cross) / 6;
  }
  return [cx / area, cy / area];
}

function bytesOf(array: Float32Array | Uint32Array | Uint8Array, length: number): Buffer {
  return Buffer.from(array.buffer, 0, length * array.BYTES_PER_ELEMENT);
}
