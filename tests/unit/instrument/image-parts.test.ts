import { Camera } from '@spatile/instrument/simulate/image/camera';
import { Canvas } from '@spatile/instrument/simulate/image/canvas';
import { CHANNELS } from '@spatile/instrument/simulate/image/channels';
import { paintDebris } from '@spatile/instrument/simulate/image/debris';
import { Grain } from '@spatile/instrument/simulate/image/grain';
import { TILE_PX } from '@spatile/instrument/simulate/image/ome-tiff';
import { MARGIN_PX, Optics } from '@spatile/instrument/simulate/image/optics';
import { foldTile, levelSizes, tilesInOrder } from '@spatile/instrument/simulate/image/pyramid';
import { PIXEL_SIZE_UM } from '@spatile/instrument/simulate/manifest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const total = (plane: Float32Array): number => plane.reduce((sum, value) => sum + value, 0);
const um = (px: number): number => px * PIXEL_SIZE_UM;
const plain = (): number => 1;

describe('the canvas', () => {
  const square = (x0: number, y0: number, edge: number): Float64Array =>
    Float64Array.from([x0, y0, x0 + edge, y0, x0 + edge, y0 + edge, x0, y0 + edge], um);

  it('fills the pixels whose middle a polygon covers, wherever the window lies', () => {
    const canvas = new Canvas(64 * 64, 2);
    canvas.clear(100, 200, 64, 64);
    canvas.fill(1, square(110.4, 203.6, 10), 5, plain, 0.2);
    const lit: number[] = [];
    canvas.sharp[1].forEach((value, at) => {
      if (value !== 0) lit.push(at);
    });
    expect(lit).toHaveLength(100);
    expect([lit[0] % 64, Math.floor(lit[0] / 64)]).toEqual([10, 4]);
    expect(canvas.sharp[1][lit[0]]).toBeCloseTo(4, 5);
    expect(canvas.soft[1][lit[0]]).toBeCloseTo(1, 5);
    expect(total(canvas.sharp[0])).toBe(0);
    canvas.clear(100, 200, 64, 64);
    expect(total(canvas.sharp[1]) + total(canvas.soft[1])).toBe(0);
  });

  it('cuts off what lies outside', () => {
    const canvas = new Canvas(32 * 32, 1);
    canvas.clear(0, 0, 32, 32);
    canvas.fill(0, square(-10, -10, 20), 1, plain, 0);
    expect(total(canvas.sharp[0])).toBe(100);
    canvas.disc(canvas.sharp[0], um(500), um(3), 1, 7);
    canvas.rim(0, square(40, 40, 10), Float64Array.of(1, 1, 1, 1), 0.7, plain, 0);
    expect(total(canvas.sharp[0])).toBe(100);
  });

  it('draws a rim as bright at joints as along edges, and no rim where it is broken', () => {
    const canvas = new Canvas(64 * 64, 1);
    canvas.clear(0, 0, 64, 64);
    canvas.rim(0, square(20.5, 20.5, 20), Float64Array.of(3, 3, 0, 0), 0.75, plain, 0);
    const [plane] = canvas.sharp;
    expect(Math.max(...plane)).toBeCloseTo(3, 5);
    expect(plane[20 * 64 + 30]).toBeCloseTo(3, 5);
    expect(plane[40 * 64 + 30]).toBe(0);
  });
});

describe('optics', () => {
  it('keep the light of a spot, spread it, and spread what is out of focus more', () => {
    const edge = 320;
    const optics = new Optics(edge * edge);
    const dark = new Float32Array(edge * edge);
    const spot = dark.slice();
    spot[160 * edge + 160] = 1000;
    const { haze } = CHANNELS[0];
    const sharp = optics.seen(0, spot, dark, edge, edge).slice();
    const soft = optics.seen(0, dark, spot, edge, edge).slice();
    expect(total(sharp)).toBeCloseTo(1000 * (1 + haze), -1);
    expect(total(soft)).toBeCloseTo(1000 * (1 + haze), -1);
    expect(Math.max(...sharp)).toBeLessThan(200);
    expect(Math.max(...soft)).toBeLessThan(0.2 * Math.max(...sharp));
    // A pixel farther than the margin sees nothing of it.
    expect(sharp[160 * edge + 160 + MARGIN_PX]).toBe(0);
    expect(soft[160 * edge + 160 + MARGIN_PX]).toBe(0);
  });
});

describe('the camera', () => {
  const [channel] = CHANNELS;
  const edge = 256;
  const place = { left: 4096, top: 512, width: edge, height: 200 };

  it('adds photon and read-out noise to uneven light', () => {
    const light = 2000;
    const counts = new Camera(4, channel).expose(new Float32Array(edge * edge).fill(light), edge, 0, place);
    expect(counts.subarray(200 * TILE_PX).every((count) => count === 0)).toBe(true);
    let [differences, n, sum] = [0, 0, 0];
    // Neighbours share the light, so that their difference is noise alone.
    for (let row = 0; row < 200; row++) {
      for (let i = row * TILE_PX; i < row * TILE_PX + edge; i += 2) {
        differences += (counts[i] - counts[i + 1]) ** 2;
        sum += counts[i];
        n++;
      }
    }
    const signal = sum / n - channel.offset;
    const variance = channel.readNoise ** 2 + channel.gain * signal;
    expect(signal).toBeGreaterThan(0.6 * light);
    expect(signal).toBeLessThan(1.4 * light);
    expect(differences / n / 2 / variance).toBeGreaterThan(0.9);
    expect(differences / n / 2 / variance).toBeLessThan(1.1);
  });

  it('sees less at the corner of a field of view, and never more than it can count', () => {
    const bright = new Float32Array(edge * edge).fill(3000);
    const mean = (left: number, top: number): number => {
      let sum = 0;
      for (let seed = 0; seed < 20; seed++) {
        const counts = new Camera(seed, channel).expose(bright, edge, 0, { ...place, left, top });
        sum += counts[128 * TILE_PX + 128];
      }
      return sum;
    };
    expect(mean(0, 0)).toBeLessThan(0.95 * mean(2000, 1400));
    const most = new Camera(1, channel).expose(bright.fill(1e9), edge, 0, place);
    expect(most[0]).toBe(65535);
  });
});

describe('debris', () => {
  it('shines in every channel, somewhere, and is the same in every window', () => {
    const canvas = new Canvas(2048 * 2048, 4);
    const draw = (left: number): void => {
      canvas.clear(left, 0, 2048, 2048);
      for (const [column, row] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ])
        paintDebris(canvas, 5, column, row);
    };
    draw(0);
    for (const plane of canvas.sharp) expect(total(plane)).toBeGreaterThan(0);
    for (const plane of canvas.soft) expect(total(plane)).toBeGreaterThan(0);
    const whole = canvas.sharp[1].slice();
    draw(1000);
    for (let row = 0; row < 2048; row += 50) {
      const here = canvas.sharp[1].subarray(row * 2048, row * 2048 + 1048);
      expect(here).toEqual(whole.subarray(row * 2048 + 1000, row * 2048 + 2048));
    }
  });
});

describe('grain', () => {
  it('has mean 0 and sd 1, and repeats without a seam', () => {
    const grain = new Grain(1, 'test', [
      [4, 1],
      [16, 1],
    ]);
    let [sum, squares, step, seam] = [0, 0, 0, 0];
    for (let y = 0; y < 512; y++) {
      for (let x = 0; x < 512; x++) {
        sum += grain.at(x, y);
        squares += grain.at(x, y) ** 2;
        step += Math.abs(grain.at(x, y) - grain.at(x + 1, y)) / 512;
      }
      seam += Math.abs(grain.at(511, y) - grain.at(512, y));
    }
    expect(sum / 512 ** 2).toBeCloseTo(0, 5);
    expect(squares / 512 ** 2).toBeCloseTo(1, 5);
    expect(seam).toBeLessThan(3 * step);
    expect(grain.at(-1, -1)).toBe(grain.at(511, 511));
  });
});

describe('the pyramid', () => {
  it('has every tile of every level once, behind the tiles it is made of', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (sizePx) => {
        const sizes = levelSizes(sizePx);
        const done = new Set<string>();
        for (const { level, column, row } of tilesInOrder(sizes)) {
          const inside = (at: number, of: number): boolean => at * TILE_PX < sizes[of];
          expect(inside(column, level) && inside(row, level)).toBe(true);
          expect(done.has(`${level} ${column} ${row}`)).toBe(false);
          for (const [c, r] of [
            [2 * column, 2 * row],
            [2 * column + 1, 2 * row + 1],
          ]) {
            if (level > 0 && inside(c, level - 1) && inside(r, level - 1))
              expect(done.has(`${level - 1} ${c} ${r}`)).toBe(true);
          }
          done.add(`${level} ${column} ${row}`);
        }
        const tiles = sizes.map((size) => Math.ceil(size / TILE_PX) ** 2);
        expect(done.size).toBe(tiles.reduce((sum, n) => sum + n, 0));
        expect(sizes[sizes.length - 1]).toBeLessThanOrEqual(512);
      }),
      { numRuns: 40 },
    );
  });

  it('averages what exists at an odd edge', () => {
    const tile = new Uint16Array(TILE_PX * TILE_PX).fill(60_000);
    const sizePx = TILE_PX + 3;
    for (let y = 0; y < 3; y++) for (let x = 0; x < 3; x++) tile[y * TILE_PX + x] = 10 * y + x;
    const above = new Uint16Array(TILE_PX * TILE_PX);
    foldTile(tile, { level: 0, column: 1, row: 1 }, sizePx, above);
    const at = (x: number, y: number): number => above[(512 + y) * TILE_PX + 512 + x];
    expect([at(0, 0), at(1, 0), at(0, 1), at(1, 1), at(2, 0)]).toEqual([6, 7, 21, 22, 0]);
  });
});
