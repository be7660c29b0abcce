import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeTiff, openPlane } from '@spatile/formats/image/tiff';
import type { RectUm } from '@spatile/formats/space';
import { CELL_TYPES } from '@spatile/instrument/simulate/cell-types';
import { BOUNDARY, CHANNELS, DAPI, INTERIOR_RNA } from '@spatile/instrument/simulate/image/channels';
import { SlideRenderer } from '@spatile/instrument/simulate/image/slide-renderer';
import { writeImages } from '@spatile/instrument/simulate/image/write-images';
import { PIXEL_SIZE_UM } from '@spatile/instrument/simulate/manifest';
import { resolveSettings } from '@spatile/instrument/simulate/options';
import { distanceToRim, isInRing, type StarRing } from '@spatile/instrument/simulate/star-ring';
import { type Cell, Tissue } from '@spatile/instrument/simulate/tissue';
import { fromFile } from 'geotiff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const EDGE = 1024;
const sharpLayer = (cell: Cell): boolean => Math.abs(cell.z) < 1;

describe('a tile', () => {
  const tissue = new Tissue(resolveSettings({ out: '', sizeUm: 600, seed: 3 }));
  const cells = tissue.near({ x0: 0, y0: 0, x1: 230, y1: 230 });
  const tile = new SlideRenderer(tissue).tile(0, 0);

  /** Mean of a channel over the pixels of the tile's middle whose place a test accepts; every third pixel each way. */
  function meanWhere(channel: number, accepts: (x: number, y: number) => boolean, rect: RectUm): number {
    let [sum, n] = [0, 0];
    for (let row = Math.ceil(rect.y0 / PIXEL_SIZE_UM); row < rect.y1 / PIXEL_SIZE_UM; row++) {
      for (let column = Math.ceil(rect.x0 / PIXEL_SIZE_UM); column < rect.x1 / PIXEL_SIZE_UM; column++) {
        if (row < 0 || column < 0 || row >= EDGE || column >= EDGE) continue;
        if (!accepts((column + 0.5) * PIXEL_SIZE_UM, (row + 0.5) * PIXEL_SIZE_UM)) continue;
        sum += tile[channel][row * EDGE + column];
        n++;
      }
    }
    return sum / n;
  }

  const rectOf = ({ centreX: x, centreY: y, reachUm: r }: StarRing): RectUm => ({
    x0: x - r,
    y0: y - r,
    x1: x + r,
    y1: y + r,
  });

  /** Correlation of a channel with a mask that is moved by (dx, dy) microns, over the middle of the tile. */
  function correlation(
    channel: number,
    isOn: (x: number, y: number) => boolean,
    dx: number,
    dy: number,
  ): number {
    let [n, on, sum, squares, both] = [0, 0, 0, 0, 0];
    for (let row = 200; row < 800; row += 4) {
      for (let column = 200; column < 800; column += 4) {
        const value = Math.log(tile[channel][row * EDGE + column]);
        const mask = isOn((column + 0.5) * PIXEL_SIZE_UM - dx, (row + 0.5) * PIXEL_SIZE_UM - dy) ? 1 : 0;
        n++;
        on += mask;
        sum += value;
        squares += value * value;
        both += mask * value;
      }
    }
    const covariance = both / n - (on / n) * (sum / n);
    return covariance / Math.sqrt((on / n) * (1 - on / n) * (squares / n - (sum / n) ** 2));
  }

  it('shows DNA where the true nuclei are, and nowhere else as well', () => {
    const nuclei = cells.flatMap((cell) => cell.nuclei);
    const isOn = (x: number, y: number) => nuclei.some((nucleus) => isInRing(nucleus, x, y));
    const here = correlation(DAPI, isOn, 0, 0);
    expect(here).toBeGreaterThan(0.75);
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ])
      expect(correlation(DAPI, isOn, dx, dy)).toBeLessThan(here);
  });

  it('shows the rims of epithelial cells in the boundary stain, in place', () => {
    const bodies = cells.filter((cell) => sharpLayer(cell) && cell.type <= 1).map(({ body }) => body);
    const isOn = (x: number, y: number) =>
      bodies.some(
        (body) =>
          Math.hypot(x - body.centreX, y - body.centreY) < body.reachUm + 0.4 &&
          distanceToRim(body.vertices, x, y) < 0.4,
      );
    const here = correlation(BOUNDARY, isOn, 0, 0);
    expect(here).toBeGreaterThan(0.35);
    for (const [dx, dy] of [
      [1.5, 0],
      [-1.5, 0],
      [0, 1.5],
      [0, -1.5],
    ])
      expect(correlation(BOUNDARY, isOn, dx, dy)).toBeLessThan(0.6 * here);
  });

  it('shows hardly a rim of stromal cells', () => {
    const rimOf = (name: string): number => {
      const rims = cells
        .filter((cell) => sharpLayer(cell) && CELL_TYPES[cell.type].name === name)
        .map(({ body }) =>
          meanWhere(BOUNDARY, (x, y) => distanceToRim(body.vertices, x, y) < 0.3, rectOf(body)),
        )
        .filter((mean) => !Number.isNaN(mean))
        .sort((a, b) => a - b);
      expect(rims.length).toBeGreaterThan(3);
      return rims[rims.length >> 1];
    };
    expect(rimOf('epithelial_a')).toBeGreaterThan(2 * rimOf('fibroblast'));
  });

  it('shows RNA in the cytoplasm and less of it in the nucleus', () => {
    let [dimmer, pairs] = [0, 0];
    for (const { body, nuclei } of cells.filter(sharpLayer)) {
      if (nuclei.length !== 1) continue;
      const inNucleus = meanWhere(INTERIOR_RNA, (x, y) => isInRing(nuclei[0], x, y), rectOf(body));
      const around = meanWhere(
        INTERIOR_RNA,
        (x, y) => isInRing(body, x, y) && !isInRing(nuclei[0], x, y),
        rectOf(body),
      );
      if (Number.isNaN(inNucleus + around)) continue;
      pairs++;
      if (inNucleus < around) dimmer++;
    }
    expect(pairs).toBeGreaterThan(50);
    expect(dimmer / pairs).toBeGreaterThan(0.8);
  });

  it('leaves cells without a nucleus dark in DAPI, unless another cell covers them', () => {
    const core = (cell: Cell): number => {
      const { centreX: x0, centreY: y0 } = cell.body;
      return meanWhere(DAPI, (x, y) => Math.hypot(x - x0, y - y0) < 1.5, rectOf(cell.body));
    };
    const middle = (values: number[]): number => {
      const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
      expect(sorted.length).toBeGreaterThan(2);
      return sorted[sorted.length >> 1];
    };
    const alone = cells.filter(({ covers }) => covers.length === 0);
    const without = middle(alone.filter(({ nuclei }) => nuclei.length === 0).map(core));
    const withOne = middle(alone.filter(({ nuclei }) => nuclei.length === 1).map(core));
    expect(without).toBeLessThan(0.5 * withOne);
  });

  it('is the same whatever was rendered before, and meets its neighbour without a seam', () => {
    const renderer = new SlideRenderer(new Tissue(tissue.settings));
    const right = renderer.tile(1, 0);
    const again = renderer.tile(0, 0);
    tile.forEach((counts, channel) => {
      expect(Buffer.from(again[channel].buffer).equals(Buffer.from(counts.buffer)), `${channel}`).toBe(true);
      const step = (a: Uint16Array, i: number, b: Uint16Array, k: number): number => {
        let sum = 0;
        for (let row = 0; row < EDGE; row++) sum += Math.abs(a[row * EDGE + i] - b[row * EDGE + k]);
        return sum / EDGE;
      };
      const across = step(counts, EDGE - 1, right[channel], 0);
      const inside =
        (step(counts, EDGE - 2, counts, EDGE - 1) + step(right[channel], 0, right[channel], 1)) / 2;
      expect(across).toBeLessThan(1.3 * inside);
    });
  });
});

describe('the files of a slide', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spatile-images-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (channel: number): string => join(folder, `morphology_focus_000${channel}.ome.tif`);
  // 1036 pixels: a few columns of a second tile.
  const sizeUm = 220;
  const sizePx = 1036;
  const steps: string[] = [];
  beforeAll(() => {
    const tissue = new Tissue(resolveSettings({ out: '', sizeUm, seed: 8 }));
    return writeImages(folder, tissue, (done, total) => steps.push(`${done} of ${total}`));
  });

  it('are one per channel, and each names its own', async () => {
    for (const [channel, { name }] of CHANNELS.entries()) {
      expect(await describeTiff(path(channel))).toMatchObject({
        widthPx: sizePx,
        heightPx: sizePx,
        dataType: 'uint16',
        pages: 1,
        channelNames: [name],
        physicalSizeUm: PIXEL_SIZE_UM,
        planes: [{ page: 0, sample: 0, channel }],
      });
    }
    expect(steps).toEqual(['1 of 4', '2 of 4', '3 of 4', '4 of 4']);
  });

  it('are pyramids in SubIFDs, whose levels are means of the ones before', async () => {
    const tiff = await fromFile(path(2));
    tiff.parser.eager = true;
    const full = await tiff.getImage(0);
    const offsets = Array.from(full.fileDirectory.getValue('SubIFDs' as never) as ArrayLike<number>);
    expect(offsets).toHaveLength(2);
    const plane = await openPlane(path(2), 0, 0);
    let above = { edge: sizePx, counts: (await plane.readWindow(0, 0, sizePx, sizePx)) as Uint16Array };
    await plane.close();
    for (const [level, offset] of offsets.entries()) {
      const directory = await tiff.parser.parseFileDirectoryAt(Number(offset));
      const image = Object.assign(Object.create(Object.getPrototypeOf(full)), full, {
        fileDirectory: directory,
      });
      const edge = [518, 259][level];
      expect([image.getWidth(), image.getHeight(), image.getTileWidth()]).toEqual([edge, edge, 1024]);
      expect(directory.getValue('NewSubfileType' as never)).toBe(1);
      const counts = (await image.readRasters({ interleave: true })) as Uint16Array;
      for (let y = 0; y < edge; y += 7) {
        for (let x = 0; x < edge; x += 7) {
          let sum = 2;
          for (const [dx, dy] of [
            [0, 0],
            [1, 0],
            [0, 1],
            [1, 1],
          ]) {
            const sx = Math.min(2 * x + dx, above.edge - 1);
            sum += above.counts[Math.min(2 * y + dy, above.edge - 1) * above.edge + sx];
          }
          if (counts[y * edge + x] !== sum >> 2)
            expect([x, y, counts[y * edge + x]]).toEqual([x, y, sum >> 2]);
        }
      }
      above = { edge, counts };
    }
    tiff.close();
  });
});
