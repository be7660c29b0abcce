import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { describe, expect, it } from 'vitest';
import { count, readAll, tally } from './read-all.ts';
import { hasSharedData, shared, skipNote } from './shared-data.ts';

const config = defaultConfig().input;
const codes = (findings: { code: string }[]) => findings.map(({ code }) => code);

describe.skipIf(!hasSharedData)(`Xenium bundles${skipNote}`, () => {
  it('reads the breast crop: integer cell ids, matrix types, image', async () => {
    const bundle = await openBundle(shared('xenium/breast-crop/outs'), config);
    expect(bundle).toMatchObject({ platform: 'xenium', platformVersion: 'XOA 1.0.1', pixelSizeUm: 0.2125 });
    expect(bundle.transcripts).toMatchObject({
      rowCount: 11421,
      has: { z: true, qv: true, transcriptId: true, cell: true, nuclear: true },
    });
    const rows = await readAll(bundle.transcripts);
    expect(rows.x).toHaveLength(11421);
    expect(count(rows.qv, (qv) => qv >= 20)).toBe(9070);
    expect(count(rows.nuclear, (flag) => flag === 1)).toBe(4274);
    expect(count(rows.cell, (cell) => cell === '')).toBe(0);
    expect(bundle.transcripts.cellIds).toHaveLength(104);
    expect(count(bundle.transcripts.features, ({ kind }) => kind === 'gene')).toBe(287);
    expect(count(bundle.transcripts.features, ({ kind }) => kind !== 'gene')).toBe(29);
    expect(count(rows.kind, (kind) => kind !== 'gene')).toBe(46);
    expect([rows.x[0], rows.y[0], rows.name[0], rows.qv[0], rows.id[0], rows.cell[0]]).toEqual([
      Math.fround(1.1669433),
      Math.fround(1.2859375),
      'SEC11C',
      40,
      281612415673946n,
      '56815',
    ]);
    expect(bundle.images).toEqual([
      {
        name: 'morphology_focus',
        channels: ['DAPI'],
        widthPx: 339,
        heightPx: 763,
        dataType: 'uint16',
        pixelToUm: [0.2125, 0, 0, 0, 0.2125, 0, 0, 0, 1],
        planes: [{ path: shared('xenium/breast-crop/outs/morphology_focus.ome.tif'), page: 0, sample: 0 }],
      },
    ]);
    expect(bundle.inputs.map(({ role, name }) => `${role} ${name}`)).toEqual(
      expect.arrayContaining([
        'transcripts transcripts.parquet',
        'experiment experiment.xenium',
        'matrix cell_feature_matrix/features.tsv.gz',
        'image morphology_focus.ome.tif',
        'prior nucleus_boundaries.parquet',
        'prior cell_boundaries.parquet',
      ]),
    );
    expect(bundle.priors.map(({ kind }) => kind)).toEqual(['nucleus', 'cell']);
  });

  it('reads the lung crop without experiment.xenium and image, and says so', async () => {
    const bundle = await openBundle(shared('xenium/lung-10k'), config);
    expect(codes(bundle.findings)).toEqual(['XENIUM_NO_SPECS', 'XENIUM_NO_IMAGE']);
    expect(bundle).toMatchObject({
      platform: 'xenium',
      platformVersion: null,
      pixelSizeUm: null,
      images: [],
    });
    const rows = await readAll(bundle.transcripts);
    expect(rows.x).toHaveLength(10000);
    expect(count(rows.cell, (cell) => cell === '')).toBe(202);
    expect(bundle.transcripts.cellIds).toHaveLength(165);
    expect(bundle.transcripts.cellIds[0]).toBe('cpikkedh-1');
    expect(count(rows.nuclear, (flag) => flag === 1)).toBe(3416);
    expect(count(rows.qv, (qv) => qv >= 20)).toBe(8617);
    expect(count(rows.name, (name) => name.startsWith('NegControl'))).toBe(15);
    expect(tally(rows.kind)).toEqual({
      gene: 9975,
      blank: 10,
      negative_control_probe: 4,
      negative_control_codeword: 11,
    });
    expect(count(bundle.transcripts.features, ({ name }) => !/^(NegControl|BLANK_)/.test(name))).toBe(348);
    expect(Math.min(...rows.x)).toBeGreaterThanOrEqual(2160);
    expect(Math.max(...rows.y)).toBeLessThan(2265.7);
  });

  it('reads the toy set alike from csv.gz and Parquet, and leaves out an image of unknown scale', async () => {
    const parquet = await openBundle(shared('xenium/toy-400um/outs'), config);
    expect(codes(parquet.findings)).toContain('IMAGE_LEFT_OUT');
    expect(parquet.images).toEqual([]);
    const table = {
      ...config,
      platform: 'table' as const,
      columns: {
        ...config.columns,
        path: 'transcripts.csv.gz',
        x: 'x_location',
        y: 'y_location',
        z: 'z_location',
        feature: 'feature_name',
        qv: 'qv',
        transcriptId: 'transcript_id',
        cell: 'cell_id',
        nuclear: 'overlaps_nucleus',
      },
    };
    const csv = await openBundle(shared('xenium/toy-400um/outs'), table);
    expect(csv.transcripts.rowCount).toBeNull();
    const fromCsv = await readAll(csv.transcripts);
    const fromParquet = await readAll(parquet.transcripts);
    expect(fromParquet.x).toHaveLength(5260);
    const { x, y, z, qv, kind, ...exact } = fromParquet;
    expect(fromCsv).toMatchObject(exact);
    // The CSV was written with fewer digits.
    for (const [row, value] of x.entries()) expect(Math.abs(fromCsv.x[row] - value)).toBeLessThan(1e-3);
    for (const [row, value] of y.entries()) expect(Math.abs(fromCsv.y[row] - value)).toBeLessThan(1e-3);
    for (const [row, value] of z.entries()) expect(Math.abs(fromCsv.z[row] - value)).toBeLessThan(1e-3);
    for (const [row, value] of qv.entries()) expect(Math.abs(fromCsv.qv[row] - value)).toBeLessThan(1e-3);
    expect(tally(kind)).toEqual({ gene: 5257, unassigned_codeword: 2, negative_control_probe: 1 });
    expect(count(fromParquet.cell, (cell) => cell === '')).toBe(9);
    expect(csv.transcripts.cellIds).toEqual(parquet.transcripts.cellIds);
    expect(parquet.transcripts.features[0]).toEqual({ name: 'SNHG32', kind: 'gene', id: 'ENSG00000204387' });
  });

  it('tells all control categories of XOA 3 apart', async () => {
    const bundle = await openBundle(shared('xenium/prime-ovarian-rows'), config);
    expect(bundle).toMatchObject({
      platformVersion: 'XOA 3.0.0, Xenium Ranger 3.1.0',
      name: 'Ovarian_Cancer',
    });
    const rows = await readAll(bundle.transcripts);
    expect(tally(rows.kind)).toEqual({
      gene: 1284,
      deprecated_codeword: 805,
      unassigned_codeword: 290,
      negative_control_codeword: 147,
      negative_control_probe: 120,
      genomic_control: 3,
    });
    expect(count(rows.cell, (cell) => cell === '')).toBe(257);
    expect(bundle.transcripts.cellIds).toHaveLength(2360);
    expect(count(rows.qv, (qv) => qv >= 20)).toBe(1163);
  });

  it('gives only the columns that are asked for, and the same features on every pass', async () => {
    const { transcripts } = await openBundle(shared('xenium/prime-ovarian-rows'), config);
    const first = await readAll(transcripts, { cell: true });
    expect([first.z.length, first.qv.length, first.id.length, first.nuclear.length]).toEqual([0, 0, 0, 0]);
    const features = structuredClone(transcripts.features);
    const second = await readAll(transcripts);
    expect(transcripts.features).toEqual(features);
    expect(second.name).toEqual(first.name);
    expect(second.cell).toEqual(first.cell);
    expect(second.id).toHaveLength(2649);
  });
});
