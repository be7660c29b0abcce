import { networkHaloUm } from '@spatile/formats/segment/halo';
import { strips } from '@spatile/worker/network/strips';
import type { Planes } from '@spatile/worker/segment/method';
import { stardist } from '@spatile/worker/segment/stardist/stardist';
import { unet } from '@spatile/worker/segment/unet/unet';
import { describe, expect, test } from 'vitest';
import { context, fixtures, manifestOf, runtimeIsHere, shippedFolder, shippedIsHere } from './fixture.ts';

/** Round nuclei of 4 um on a lattice with some jitter, blurred by a soft edge; 0.4 um per pixel. */
function slide(rows: number, columns: number): Planes {
  const pixels = new Float32Array(rows * columns);
  for (let i = 0; i * 27 < rows; i++) {
    for (let j = 0; j * 27 < columns; j++) {
      const y = i * 27 + 8 + ((i * 7 + j * 5) % 9);
      const x = j * 27 + 8 + ((i * 3 + j * 11) % 9);
      const radius = 7 + ((i + 2 * j) % 4);
      for (let r = Math.max(0, y - 14); r < Math.min(rows, y + 15); r++)
        for (let c = Math.max(0, x - 14); c < Math.min(columns, x + 15); c++) {
          const inside = radius + 0.5 - Math.sqrt((r - y) ** 2 + (c - x) ** 2);
          const value = 100 + 900 * Math.min(1, Math.max(0, inside));
          if (value > pixels[r * columns + c]) pixels[r * columns + c] = value;
        }
    }
  }
  for (let i = 0; i < pixels.length; i++) pixels[i] += 60 + (((i * 7919) % 101) / 101) * 40;
  return { rows, columns, row0: 0, column0: 0, pixelSizeUm: 0.4, channels: [pixels] };
}

function cut(
  { columns, channels, pixelSizeUm }: Planes,
  row0: number,
  column0: number,
  side: number,
): Planes {
  const pixels = new Float32Array(side * side);
  for (let y = 0; y < side; y++)
    pixels.set(
      channels[0].subarray((row0 + y) * columns + column0, (row0 + y) * columns + column0 + side),
      y * side,
    );
  return { rows: side, columns: side, row0, column0, pixelSizeUm, channels: [pixels] };
}

const model = { limits: [{ low: 80, high: 1080 }], otsu: 0.4 };

describe.skipIf(!runtimeIsHere || !shippedIsHere)('the network that comes with spatile', () => {
  test('finds nuclei, and in a tile with its halo the very ones of the whole image', async () => {
    const manifest = await manifestOf(shippedFolder, 'stardist');
    const settings = { manifest, folder: shippedFolder, provider: 'cpu' as const };
    const whole = slide(640, 640);
    const found = await stardist(whole, model, settings, context);
    expect(found.scores.length).toBeGreaterThan(500);
    expect(found.scores.length).toBeLessThan(650);
    const halo = Math.round(networkHaloUm(manifest, 0.4) / 0.4);
    expect(halo % 16).toBe(0);
    const [origin, core] = [16, 96];
    const tile = cut(whole, origin, origin, core + 2 * halo);
    const seen = await stardist(tile, model, settings, context);
    const own = partition(seen.labels, tile.columns, halo, halo, core);
    const wanted = partition(found.labels, whole.columns, origin + halo, origin + halo, core);
    expect(own.filter((label, i) => label !== wanted[i])).toHaveLength(0);
    expect(Math.max(...own)).toBeGreaterThan(5);
  });

  test('finds nothing in an empty tile of a stained slide', async () => {
    const manifest = await manifestOf(shippedFolder, 'stardist');
    const planes = slide(128, 128);
    planes.channels[0].forEach((_, i, pixels) => {
      pixels[i] = 90 + (((i * 7919) % 101) / 101) * 20;
    });
    const settings = { manifest, folder: shippedFolder, provider: 'cpu' as const };
    expect((await stardist(planes, model, settings, context)).scores).toHaveLength(0);
  });

  test('refuses another number of channels and pixels of another size', async () => {
    const manifest = await manifestOf(shippedFolder, 'stardist');
    const settings = { manifest, folder: shippedFolder, provider: 'cpu' as const };
    const planes = slide(64, 64);
    const two = { ...planes, channels: [planes.channels[0], planes.channels[0]] };
    await expect(stardist(two, model, settings, context)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(stardist({ ...planes, pixelSizeUm: 2 }, model, settings, context)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/does not fit the pixels \(2 um\); expected about 0.4 um; /),
    });
  });
});

/** Labels of a square, numbered by first appearance. */
function partition(labels: Int32Array, columns: number, row: number, column: number, side: number): number[] {
  const names = new Map([[0, 0]]);
  const left: number[] = [];
  for (let y = row; y < row + side; y++) {
    for (let x = column; x < column + side; x++) {
      const label = labels[y * columns + x];
      if (!names.has(label)) names.set(label, names.size);
      left.push(names.get(label)!);
    }
  }
  return left;
}

describe.skipIf(!runtimeIsHere)('a semantic network', () => {
  const manifestWith = async (classes: 'insideBorder' | 'distance' | 'inside', channels: number) => {
    const { method: _, decode: __, ...common } = await manifestOf(`${fixtures}/star`, 'stardist');
    return {
      ...common,
      method: 'unet' as const,
      weights: {
        ...common.weights,
        sha256: 'bdb892ce157950a5c2b84a23c80b77e13b72580dace0731eb2ac706cb98403c6',
      },
      input: {
        ...common.input,
        channels: Array.from({ length: channels }, () => 'dapi' as const),
        normalise: { kind: 'constant' as const, offset: 0, scale: 1 },
      },
      decode: {
        output: 'y',
        classes,
        activation: 'none' as const,
        probability: 0.5,
        minDistancePx: 0.5,
      },
    };
  };

  test('two squares joined by a border of two pixels are two, and together the whole', async () => {
    const side = 64;
    const [background, inside, border] = [1, 0, 0].map((v) => new Float32Array(side * side).fill(v));
    for (let y = 20; y < 40; y++) {
      for (let x = 10; x < 52; x++) {
        const at = y * side + x;
        background[at] = 0;
        if (x === 30 || x === 31) border[at] = 1;
        else inside[at] = 1 - 0.001 * (Math.abs(x - (x < 30 ? 20 : 42)) + Math.abs(y - 30));
      }
    }
    const planes = {
      rows: side,
      columns: side,
      row0: 0,
      column0: 0,
      pixelSizeUm: 0.4,
      channels: [background, inside, border],
    };
    const limits = planes.channels.map(() => ({ low: 0, high: 1 }));
    const manifest = await manifestWith('insideBorder', 3);
    const found = await unet(
      planes,
      { limits, otsu: 0.5 },
      { manifest, folder: `${fixtures}/three`, provider: 'cpu' },
      context,
    );
    expect(found.scores).toHaveLength(2);
    const areas = [1, 2].map((label) => found.labels.filter((l) => l === label).length);
    expect(areas[0] + areas[1]).toBe(20 * 42);
    expect(Math.abs(areas[0] - areas[1])).toBeLessThanOrEqual(40);
  });
});

test('strips cover a tile once, each with its margin', () => {
  for (const rows of [100, 2048, 5000]) {
    const cutUp = strips(rows, 3000, 16, 107);
    expect(cutUp[0].firstRow).toBe(0);
    expect(cutUp.at(-1)!.endRow).toBe(rows);
    for (const [i, { firstRow, endRow, window }] of cutUp.entries()) {
      if (i > 0) expect(firstRow).toBe(cutUp[i - 1].endRow);
      expect([window.row % 16, window.rows % 16, window.columns % 16]).toEqual([0, 0, 0]);
      expect(window.row).toBeLessThanOrEqual(Math.max(0, firstRow - 107));
      expect(window.row + window.rows).toBeGreaterThanOrEqual(Math.min(rows, endRow + 107));
      expect(window.rows * window.columns).toBeLessThan(3.3 * 2 ** 20);
    }
  }
});
