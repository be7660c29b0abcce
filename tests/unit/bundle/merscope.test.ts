import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { describe, expect, it } from 'vitest';
import { count, readAll } from './read-all.ts';
import { hasSharedData, shared, skipNote } from './shared-data.ts';

const config = defaultConfig().input;
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code);

describe.skipIf(!hasSharedData)(`MERSCOPE regions${skipNote}`, () => {
  it('reads the brain crop and registers its mosaics', async () => {
    const bundle = await openBundle(shared('merscope/brain-crop'), config);
    expect(bundle.platform).toBe('merscope');
    const rows = await readAll(bundle.transcripts);
    expect(rows.x).toHaveLength(22400);
    expect(count(rows.z, (z) => z === 0)).toBe(10348);
    expect(count(rows.z, (z) => z === 1.5)).toBe(12052);
    expect(bundle.transcripts.features).toHaveLength(418);
    expect(count(bundle.transcripts.features, ({ kind }) => kind === 'blank')).toBe(50);
    expect(count(rows.kind, (kind) => kind === 'blank')).toBe(69);
    expect([rows.x[0], rows.y[0], rows.name[0]]).toEqual([
      Math.fround(6400.037),
      Math.fround(4966.6514),
      'Mlc1',
    ]);

    const [image] = bundle.images;
    expect(image).toMatchObject({
      name: 'mosaic_z0',
      channels: ['DAPI', 'PolyT'],
      widthPx: 2300,
      heightPx: 4143,
    });
    expect(image.planes.map(({ path }) => path.split('/').at(-1))).toEqual([
      'mosaic_DAPI_z0.tif',
      'mosaic_PolyT_z0.tif',
    ]);
    const [a, b, c, d, e, f] = image.pixelToUm;
    const corner = [a * 2300 + b * 4143 + c, d * 2300 + e * 4143 + f];
    expect(c).toBeCloseTo(6400.029, 3);
    expect(f).toBeCloseTo(4699.967, 3);
    expect(corner[0]).toBeCloseTo(6649.87, 2);
    expect(corner[1]).toBeCloseTo(5150.007, 2);
    expect(bundle.pixelSizeUm).toBeCloseTo(0.10863, 5);
    expect(bundle.inputs.filter(({ role }) => role === 'prior').map(({ name }) => name)).toEqual([
      'cell_boundaries/z0_polygons.csv.gz',
      'cell_boundaries/z1_polygons.csv.gz',
    ]);
    // Every transcript lies on the image.
    for (const [row, x] of rows.x.entries()) {
      expect(
        x >= c - 0.01 && x <= corner[0] + 0.01 && rows.y[row] >= f - 0.01 && rows.y[row] <= corner[1] + 0.01,
      ).toBe(true);
    }
  });

  it('reads the cellbound set; mosaics without a transform are left out', async () => {
    const bundle = await openBundle(shared('merscope/cellbound-mini'), { ...config, zStepUm: 2 });
    const rows = await readAll(bundle.transcripts);
    expect(rows.x).toHaveLength(11135);
    expect(bundle.transcripts.features).toHaveLength(88);
    expect(count(bundle.transcripts.features, ({ kind }) => kind === 'blank')).toBe(39);
    expect(count(rows.kind, (kind) => kind === 'blank')).toBe(209);
    expect([rows.x[0], rows.y[0], rows.z[0], rows.name[0]]).toEqual([
      Math.fround(6662.496),
      Math.fround(1326.9462),
      12,
      'MEIS2',
    ]);
    expect(bundle.transcripts.has).toEqual({
      z: true,
      qv: false,
      transcriptId: false,
      cell: false,
      nuclear: false,
    });
    expect(codes(bundle.findings)).toContain('IMAGE_LEFT_OUT');
    expect(bundle.images).toEqual([]);
  });
});
