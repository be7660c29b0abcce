import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanlineIndex } from '@spatile/formats/crop/scanline';
import { openStoredImage } from '@spatile/formats/spatialdata/read-image';
import { createSpatialData } from '@spatile/formats/spatialdata/write';
import fc from 'fast-check';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { densestSquare } from '../../../coordinator/src/report/densest.ts';
import { escapeHtml, html } from '../../../coordinator/src/report/html.ts';
import { readImageLayer } from '../../../coordinator/src/report/image-layer.ts';
import { colourOf, rgb, viridis } from '../../../coordinator/src/report/ramp.ts';
import { PolygonRaster } from '../../../coordinator/src/report/raster.ts';
import { large } from '../../../coordinator/src/report/sections/headline.ts';
import { groupedSteps } from '../../../coordinator/src/report/sections/timings.ts';
import { pathOf, roundLength } from '../../../coordinator/src/report/slide-map.ts';
import { tiffBytes } from '../image/tiff-bytes.ts';

const FRAME = { x0: 10, y0: 20, x1: 30, y1: 30 };

describe('polygons as pixels', () => {
  it('fill the pixels whose centres they hold, as a point-in-polygon test does', () => {
    const point = fc.tuple(
      fc.double({ min: 5, max: 35, noNaN: true }),
      fc.double({ min: 15, max: 35, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(point, { minLength: 3, maxLength: 8 }), (points) => {
        const ring = Float64Array.from([...points, points[0]].flat());
        const raster = new PolygonRaster(FRAME, 2);
        raster.fill([ring], 7);
        const inside = new ScanlineIndex([ring]);
        const wrong: string[] = [];
        for (let y = 0; y < raster.heightPx; y++)
          for (let x = 0; x < raster.widthPx; x++) {
            const expected = inside.contains(10 + (x + 0.5) / 2, 20 + (y + 0.5) / 2) ? 7 : 0;
            if (raster.at(x, y) !== expected) wrong.push(`${x} ${y}`);
          }
        expect(wrong).toEqual([]);
      }),
      // Small counterexamples are not worth minutes of shrinking.
      { endOnFailure: true },
    );
  });

  it('leave holes out and stroke what they touch', () => {
    const outline = Float64Array.of(12, 22, 22, 22, 22, 28, 12, 28, 12, 22);
    const hole = Float64Array.of(15, 24, 19, 24, 19, 26, 15, 26, 15, 24);
    const raster = new PolygonRaster(FRAME, 1);
    raster.fill([outline, hole], 1);
    expect([raster.at(2, 2), raster.at(6, 5), raster.at(11, 7), raster.at(12, 7)]).toEqual([1, 0, 1, 0]);
    raster.stroke([outline], 2);
    expect([raster.at(2, 5), raster.at(12, 5), raster.at(7, 8), raster.at(7, 3)]).toEqual([2, 2, 2, 1]);
  });

  it('survive coordinates that are no place on the slide', async () => {
    const raster = new PolygonRaster(FRAME, 1);
    const wild = [
      Float64Array.of(Number.NaN, 0, 1, 1, 2, 2, Number.NaN, 0),
      Float64Array.of(-1e300, -1e300, 1e300, -1e300, 0, 1e300, -1e300, -1e300),
      Float64Array.of(Number.POSITIVE_INFINITY, 0, 20, 25, 0, 0, Number.POSITIVE_INFINITY, 0),
      new Float64Array(0),
    ];
    for (const ring of wild) {
      raster.fill([ring], 1);
      raster.stroke([ring], 2);
    }
    expect(
      await raster.toDataUrl([
        [1, 2, 3, 255],
        [4, 5, 6, 255],
      ]),
    ).toMatch(/^data:image\/png;base64,/);
  });

  it('become a PNG of the colours given', async () => {
    const raster = new PolygonRaster({ x0: 0, y0: 0, x1: 3, y1: 1 }, 1);
    raster.fill([Float64Array.of(1, 0, 2, 0, 2, 1, 1, 1, 1, 0)], 1);
    const url = await raster.toDataUrl([[9, 8, 7, 255]]);
    const png = decode(Buffer.from(url.split(',')[1], 'base64'));
    expect([png.width, png.height, [...png.data]]).toEqual([3, 1, [0, 1, 0]]);
    expect(png.palette?.[1]).toEqual([9, 8, 7, 255]);
  });
});

describe('the densest square', () => {
  const cells = (places: [x: number, y: number, transcripts: number][]) => {
    const column = (k: 0 | 1 | 2) => Float64Array.from(places, (place) => place[k]);
    const rest = new Float64Array(places.length);
    return {
      id: places.map((_, i) => `${i}`),
      ...{ x: column(0), y: column(1), transcripts: column(2) },
      ...{ areaUm2: rest, genes: rest, prior: rest, confidence: rest, borderUm: rest, boundary: null },
    };
  };

  it('holds the most transcripts, also left of the origin', () => {
    const square = densestSquare(
      cells([
        [-250, -130, 50],
        [-170, -130, 60],
        [300, 300, 100],
      ]),
      100,
    )!;
    expect(square.x0).toBeLessThanOrEqual(-250);
    expect(square.x1).toBeGreaterThan(-170);
    expect(square.y1 - square.y0).toBe(100);
  });

  it('is the upper left one of equals, whatever the order of cells', () => {
    const places: [number, number, number][] = [
      [500, 500, 10],
      [50, 50, 10],
      [900, 10, 10],
    ];
    const first = densestSquare(cells(places), 100);
    expect(first?.y1).toBeLessThan(120);
    expect(densestSquare(cells(places.reverse()), 100)).toEqual(first);
  });

  it('is none without cells', () => {
    expect(densestSquare(cells([]), 100)).toBe(null);
    expect(densestSquare(cells([[Number.NaN, 0, 5]]), 100)).toBe(null);
  });
});

describe('images', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spatile-layer-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are cut to a window and lie where they belong', async () => {
    const path = join(folder, 'ramp.tif');
    const [width, height] = [600, 400];
    const pixels = Uint16Array.from({ length: width * height }, (_, i) => 10 * (i % width));
    await writeFile(path, tiffBytes({ width, height, pixels, tile: 128 }));
    const store = join(folder, 'image.zarr');
    const writer = await createSpatialData(store, {
      attrs: {},
      pixelSizeUm: null,
      micronsToGlobal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    });
    await writer.image('ramp', {
      name: 'ramp',
      channels: ['DAPI'],
      widthPx: width,
      heightPx: height,
      dataType: 'uint16',
      pixelToUm: [0.5, 0, 100, 0, 0.5, 200, 0, 0, 1],
      planes: [{ path, page: 0, sample: 0 }],
    });
    await writer.finish();
    const image = await openStoredImage(store, 'ramp');
    const chosen = { image, channel: 0, label: 'DAPI of ramp' };
    const layer = (await readImageLayer(chosen, { x0: 150, y0: 250, x1: 250, y1: 300 }, 200))!;
    // 100 by 50 um at 0.5 um are 200 by 100 pixels, from column 100 and row 100.
    expect([layer.widthPx, layer.heightPx]).toEqual([200, 100]);
    expect(layer.toUm).toEqual([0.5, 0, 150, 0, 0.5, 250, 0, 0, 1]);
    const grey = decode(Buffer.from(layer.href.split(',')[1], 'base64')).data;
    expect([grey[0], grey[199]]).toEqual([0, 255]);
    for (let x = 1; x < 200; x++) expect(grey[x]).toBeGreaterThanOrEqual(grey[x - 1]);
    // A coarser level is enough for a small picture of all; its window ends with the image.
    const small = (await readImageLayer(chosen, { x0: 0, y0: 0, x1: 1000, y1: 1000 }, 300))!;
    expect([small.widthPx, small.heightPx]).toEqual([300, 200]);
    expect(small.toUm.slice(0, 3)).toEqual([1, 0, 100]);
    expect(await readImageLayer(chosen, { x0: 0, y0: 0, x1: 50, y1: 50 }, 300)).toBe(null);
  });
});

describe('small pieces', () => {
  it('colours run from low to high and clamp', () => {
    const ramp = viridis(0, 10);
    expect([colourOf(ramp, -5), colourOf(ramp, Number.NaN)]).toEqual([ramp.colours[0], ramp.colours[0]]);
    expect(colourOf(ramp, 99)).toBe(ramp.colours[63]);
    expect(rgb('#fde725')).toEqual([253, 231, 37]);
    expect(ramp.colours.every((colour) => /^#[0-9a-f]{6}$/.test(colour))).toBe(true);
    expect(colourOf(viridis(3, 3), 3)).toBe(ramp.colours[63]);
  });

  it('templates escape text, keep markup and drop nothings', () => {
    const inner = html`<b>${'<&>'}</b>`;
    expect(html`${inner}${null}${false}${[1, '"', inner]}`.text).toBe(
      '<b>&lt;&amp;&gt;</b>1&quot;<b>&lt;&amp;&gt;</b>',
    );
    expect(escapeHtml("a'\u0000b\tc")).toBe('a&#39; b\tc');
  });

  it('large numbers stay short', () => {
    expect([999, 9_999_999, 10_500_054, 1_040_019_973].map(large)).toEqual([
      '999',
      '9,999,999',
      '10.5 M',
      '1,040.0 M',
    ]);
  });

  it('scale bars have round lengths', () => {
    expect([1, 3, 7.9, 49, 2000, 0].map(roundLength)).toEqual([1, 2, 5, 20, 2000, 0.001]);
  });

  it('paths close their rings and round to a hundredth of a micron', () => {
    expect(pathOf([[Float64Array.of(0, 0, 1.23456, 0, 0, 2, 0, 0)]])).toBe('M0 0L1.23 0L0 2Z');
    expect(pathOf([[new Float64Array(0)]])).toBe('');
  });

  it('steps that differ in a number are summed', () => {
    const step = (name: string, seconds: number) => ({ step: name, seconds, coordinatorRssBytes: 0 });
    expect(groupedSteps([step('assign-fit-000', 1), step('assign', 5), step('assign-fit-001', 2)])).toEqual([
      { step: 'assign fit', seconds: 3, times: 2 },
      { step: 'assign', seconds: 5, times: 1 },
    ]);
  });
});
