import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAll, tally } from './read-all.ts';
import { hasSharedData, shared, skipNote } from './shared-data.ts';

const config = defaultConfig().input;
const table = { ...config, platform: 'table' as const };
let root: string;
let folders = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spatile-open-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A fresh folder with the given files. */
async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
  const path = join(root, `bundle-${folders++}`);
  await mkdir(path);
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
}

/** The error of an attempt; fails when there is none or it is not one sentence with a code. */
async function failure(attempt: Promise<unknown>): Promise<SpatileError> {
  const error = await attempt.then(
    () => new Error('nothing was thrown'),
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(SpatileError);
  expect(error.message).toMatch(/^[^\n]+: [^\n]+; expected [^\n]+; [^\n]+$/);
  return error;
}

const drain = async (path: string, settings = config) =>
  readAll((await openBundle(path, settings)).transcripts);

const XENIUM_HEADER =
  'transcript_id,cell_id,overlaps_nucleus,feature_name,x_location,y_location,z_location,qv';

function xeniumParquet(columns: Record<string, unknown[]>, types: Record<string, string> = {}): Uint8Array {
  const columnData = Object.entries(columns).map(([name, data]) => ({
    name,
    data,
    type: types[name] as never,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

const GOOD = { feature_name: ['A', 'B'], x_location: [1.5, 2.5], y_location: [3.5, 4.5], qv: [20.5, 30.5] };

describe('recognising what is given', () => {
  it('says that a path does not exist', async () => {
    expect((await failure(openBundle(join(root, 'nowhere'), config))).code).toBe('INPUT_MISSING');
  });

  it('says that a folder is empty, also when only litter is in it', async () => {
    expect((await failure(openBundle(await folder({}), config))).code).toBe('INPUT_EMPTY');
    expect((await failure(openBundle(await folder({ '._x.csv': 'x', '.DS_Store': 'x' }), config))).code).toBe(
      'INPUT_EMPTY',
    );
  });

  it('says what an unknown folder holds', async () => {
    const error = await failure(openBundle(await folder({ 'notes.txt': 'x', 'image.tif': 'y' }), config));
    expect(error.code).toBe('PLATFORM_UNKNOWN');
    expect(error.message).toContain('image.tif, notes.txt');
  });

  it('points to the regions and to outs when the parent is given', async () => {
    const regions = await folder({});
    await mkdir(join(regions, 'region_0'));
    await mkdir(join(regions, 'region_1'));
    expect((await failure(openBundle(regions, config))).message).toContain('region_0, region_1');
    expect((await failure(openBundle(regions, { ...config, platform: 'merscope' }))).message).toContain(
      'region_0',
    );
    const parent = await folder({});
    await mkdir(join(parent, 'outs'));
    expect((await failure(openBundle(parent, config))).message).toContain(join(parent, 'outs'));
  });

  it('does not guess when two platforms fit, and takes the one that is said', async () => {
    const files = {
      'detected_transcripts.csv': ',global_x,global_y,global_z,gene\n0,1,2,0,A\n',
      'S1_tx_file.csv': 'fov,cell_ID,x_global_px,y_global_px,target\n1,0,10,20,B\n',
    };
    const path = await folder(files);
    const error = await failure(openBundle(path, config));
    expect([error.code, error.message.includes('merscope, cosmx')]).toEqual(['PLATFORM_UNKNOWN', true]);
    expect((await drain(path, { ...config, platform: 'merscope' })).name).toEqual(['A']);
    expect((await drain(path, { ...config, platform: 'cosmx' })).name).toEqual(['B']);
  });

  it('refuses two CosMx slides in one folder but not one table in two containers', async () => {
    const text = 'fov,cell_ID,x_global_px,y_global_px,target\n1,0,10,20,B\n';
    const two = await folder({ 'S1_tx_file.csv': text, 'S2_tx_file.csv': text });
    expect((await failure(openBundle(two, config))).code).toBe('PLATFORM_UNKNOWN');
    const same = await folder({ 'S1_tx_file.csv': text, 'S1_tx_file.csv.gz': gzipSync(text) });
    expect((await drain(same)).name).toEqual(['B']);
  });

  it('says that a folder may not be read', async (context) => {
    if (process.getuid?.() === 0) context.skip('root may read everything');
    const path = await folder({ 'transcripts.parquet': 'x' });
    await chmod(path, 0);
    const error = await failure(openBundle(path, config)).finally(() => chmod(path, 0o700));
    expect(error.code).toBe('INPUT_UNREADABLE');
  });

  it('says that a file may not be read', async (context) => {
    if (process.getuid?.() === 0) context.skip('root may read everything');
    const path = await folder({ 'detected_transcripts.csv': 'global_x,global_y,gene\n' });
    await chmod(join(path, 'detected_transcripts.csv'), 0);
    expect((await failure(openBundle(path, config))).code).toBe('INPUT_UNREADABLE');
  });

  it('opens a folder by its experiment.xenium', async () => {
    const path = await folder({
      'experiment.xenium': JSON.stringify({ pixel_size: 0.2125, analysis_sw_version: 'xenium-2.0.0.10' }),
      'transcripts.parquet': xeniumParquet(GOOD),
    });
    const bundle = await openBundle(join(path, 'experiment.xenium'), config);
    expect(bundle).toMatchObject({
      platform: 'xenium',
      platformVersion: 'XOA 2.0.0',
      pixelSizeUm: 0.2125,
      path,
    });
  });

  it('opens a table file by the default column names, and says which columns it lacks', async () => {
    const path = await folder({ 'spots.tsv': 'x\ty\tgene\n1.25\t-2\tA\n', 'other.csv': 'a,b\n1,2\n' });
    const rows = await drain(join(path, 'spots.tsv'));
    expect([rows.x, rows.y, rows.name]).toEqual([[1.25], [-2], ['A']]);
    expect((await failure(openBundle(join(path, 'other.csv'), config))).message).toContain('found: a, b');
  });
});

describe('damaged and odd Xenium bundles', () => {
  it('reads a folder with transcripts.csv.gz alone', async () => {
    const text = `${XENIUM_HEADER}\n18446744073709551615,UNASSIGNED,0,NegControlProbe_1,1,2,3,40\n9007199254740993,aaaaaaab-1,1,GENE,4,5,6,10\n`;
    const rows = await drain(await folder({ 'transcripts.csv.gz': gzipSync(text) }));
    expect(rows).toEqual({
      x: [1, 4],
      y: [2, 5],
      z: [3, 6],
      name: ['NegControlProbe_1', 'GENE'],
      kind: ['negative_control_probe', 'gene'],
      qv: [40, 10],
      id: [18446744073709551615n, 9007199254740993n],
      cell: ['', 'aaaaaaab-1'],
      nuclear: [0, 1],
    });
  });

  it('accepts every form of "in no cell"', async () => {
    const cell_id = ['', 'UNASSIGNED', '-1', '0', 'unassigned', null, 'abcdefgh-1'];
    const n = cell_id.length;
    const columns = {
      feature_name: Array(n).fill('A'),
      x_location: Array(n).fill(1.5),
      y_location: Array(n).fill(1.5),
      qv: Array(n).fill(20.5),
    };
    const text = await openBundle(
      await folder({ 'transcripts.parquet': xeniumParquet({ ...columns, cell_id }) }),
      config,
    );
    expect((await readAll(text.transcripts)).cell).toEqual(['', '', '', '', '', '', 'abcdefgh-1']);
    expect(text.findings.map(({ code }) => code)).toContain('XENIUM_UNASSIGNED');
    const numbers = xeniumParquet({ ...columns, cell_id: [0, -1, null, 7, 8, 7, 0] }, { cell_id: 'INT32' });
    expect((await drain(await folder({ 'transcripts.parquet': numbers }))).cell).toEqual([
      '',
      '',
      '',
      '7',
      '8',
      '7',
      '',
    ]);
  });

  it('trusts is_gene, then the category, then the name; reports an unknown category once', async () => {
    const features: [string, boolean | null, string | null, string][] = [
      ['ACTB', true, 'negative_control_probe', 'gene'],
      ['NegControlProbe_1', true, 'predesigned_gene', 'gene'],
      ['NegControlProbe_2', false, 'predesigned_gene', 'negative_control_probe'],
      ['Odd_1', false, 'new_category', 'other_control'],
      ['Odd_2', false, 'new_category', 'other_control'],
      ['Odd_3', null, 'deprecated_codeword', 'deprecated_codeword'],
      ['Odd_4', null, null, 'gene'],
      ['BLANK_0001', null, null, 'blank'],
      ['Intergenic_Region_24000', null, 'genomic_control_probe', 'genomic_control'],
      ['antisense_X', null, null, 'negative_control_probe'],
    ];
    const n = features.length;
    const bytes = xeniumParquet({
      feature_name: features.map(([name]) => name),
      is_gene: features.map(([, isGene]) => isGene),
      codeword_category: features.map(([, , category]) => category),
      x_location: Array(n).fill(1.5),
      y_location: Array(n).fill(1.5),
      qv: Array(n).fill(20.5),
    });
    const bundle = await openBundle(await folder({ 'transcripts.parquet': bytes }), config);
    await readAll(bundle.transcripts);
    expect(bundle.transcripts.features.map(({ kind }) => kind)).toEqual(features.map(([, , , kind]) => kind));
    expect(bundle.findings.filter(({ code }) => code === 'XENIUM_CATEGORY')).toHaveLength(1);
  });

  it('takes ids of genes from gene_panel.json', async () => {
    const target = (name: string, id?: string) => ({
      type: { descriptor: 'gene', data: { name, ...(id && { id }) } },
    });
    const path = await folder({
      'transcripts.parquet': xeniumParquet(GOOD),
      'gene_panel.json': JSON.stringify({ payload: { targets: [target('A', 'ENSG1'), target('B')] } }),
    });
    const { transcripts } = await openBundle(path, config);
    await readAll(transcripts);
    expect(transcripts.features).toEqual([
      { name: 'A', kind: 'gene', id: 'ENSG1' },
      { name: 'B', kind: 'gene' },
    ]);
  });

  it('lists all missing columns and what is there', async () => {
    const error = await failure(
      openBundle(
        await folder({ 'transcripts.parquet': xeniumParquet({ x_location: [1.5], z: [2] }) }),
        config,
      ),
    );
    expect(error.code).toBe('COLUMN_MISSING');
    expect(error.message).toContain('"feature_name", "y_location", "qv" (found: x_location, z)');
    expect(error.message).toContain('transcripts.parquet');
  });

  it('needs qv only when it filters by it', async () => {
    const { qv: _, ...columns } = GOOD;
    const path = await folder({ 'transcripts.parquet': xeniumParquet(columns) });
    expect((await failure(openBundle(path, config))).code).toBe('COLUMN_MISSING');
    expect((await openBundle(path, { ...config, minQv: null })).transcripts.has.qv).toBe(false);
  });

  it('says that a column has the wrong type', async () => {
    const bytes = xeniumParquet({ ...GOOD, x_location: ['1', '2'] });
    const error = await failure(openBundle(await folder({ 'transcripts.parquet': bytes }), config));
    expect([error.code, error.message.includes('"x_location" has the wrong type (text)')]).toEqual([
      'COLUMN_TYPE',
      true,
    ]);
  });

  it('accepts a table without rows', async () => {
    const bytes = xeniumParquet(
      { feature_name: [], x_location: [], y_location: [], qv: [] },
      { feature_name: 'STRING', x_location: 'FLOAT', y_location: 'FLOAT', qv: 'FLOAT' },
    );
    const bundle = await openBundle(await folder({ 'transcripts.parquet': bytes }), config);
    expect(bundle.transcripts.rowCount).toBe(0);
    expect((await readAll(bundle.transcripts)).x).toEqual([]);
    expect((await drain(await folder({ 'transcripts.csv': `${XENIUM_HEADER}\n` }))).x).toEqual([]);
  });

  it('stops at damaged metadata and says which', async () => {
    const transcripts = { 'transcripts.parquet': xeniumParquet(GOOD) };
    for (const [name, content] of [
      ['experiment.xenium', '{"pixel_size": 0.2'],
      ['experiment.xenium', '{"pixel_size": "small"}'],
      ['experiment.xenium', '{"other": 1}'],
      ['gene_panel.json', '{"payload": {}}'],
      ['cell_feature_matrix.h5', 'not HDF5'],
    ]) {
      const error = await failure(openBundle(await folder({ ...transcripts, [name]: content }), config));
      expect([error.code, error.message.includes(name)]).toEqual(['METADATA_INVALID', true]);
    }
  });

  it('guesses the version with a warning when the file says "R&D"', async () => {
    const path = await folder({
      'transcripts.parquet': xeniumParquet(GOOD),
      'experiment.xenium': JSON.stringify({ pixel_size: 0.2125, analysis_sw_version: 'R&D' }),
    });
    await mkdir(join(path, 'morphology_focus'));
    const bundle = await openBundle(path, config);
    expect(bundle.platformVersion).toBe('XOA 2 (guessed)');
    expect(bundle.findings.map(({ code }) => code)).toContain('XENIUM_VERSION');
  });

  it('names transcripts that are missing', async () => {
    const error = await failure(
      openBundle(await folder({ 'experiment.xenium': '{"pixel_size": 0.2125}' }), config),
    );
    expect([error.code, error.message.includes('transcripts.parquet or transcripts.csv.gz')]).toEqual([
      'INPUT_MISSING',
      true,
    ]);
  });

  it('reports empty files', async () => {
    const path = await folder({ 'transcripts.parquet': xeniumParquet(GOOD), 'cells.parquet': '' });
    const { findings } = await openBundle(path, config);
    expect(findings).toContainEqual({
      level: 'warning',
      code: 'FILE_EMPTY',
      message: expect.stringContaining('cells.parquet'),
    });
  });

  it('leaves out an image that cannot be described, with a warning', async () => {
    const path = await folder({
      'transcripts.parquet': xeniumParquet(GOOD),
      'morphology_focus.ome.tif': 'not a TIFF',
    });
    const bundle = await openBundle(path, config);
    expect(bundle.images).toEqual([]);
    expect(bundle.findings).toContainEqual({
      level: 'warning',
      code: 'IMAGE_LEFT_OUT',
      message: expect.stringContaining('morphology_focus.ome.tif'),
    });
  });
});

describe('MERSCOPE and CosMx details', () => {
  it('keeps cell ids beyond 2^53 apart and takes -1 as none', async () => {
    const text =
      ',barcode_id,global_x,global_y,global_z,gene,cell_id\n0,1,-1.5,2,0.0,Blank-1,-1\n1,1,1,2,1.0,A,112824700230101249\n2,1,1,2,2.0,A,112824700230101250\n';
    const bundle = await openBundle(await folder({ 'detected_transcripts.csv': text }), config);
    const rows = await readAll(bundle.transcripts);
    expect(rows.cell).toEqual(['', '112824700230101249', '112824700230101250']);
    expect([rows.x[0], rows.z, rows.kind]).toEqual([-1.5, [0, 1.5, 3], ['blank', 'gene', 'gene']]);
    const parquet = xeniumParquet(
      { global_x: [1.5], global_y: [2.5], gene: ['A'], cell_id: [112824700230101249n] },
      { cell_id: 'INT64' },
    );
    expect((await drain(await folder({ 'detected_transcripts.parquet': parquet }))).cell).toEqual([
      '112824700230101249',
    ]);
  });

  it('refuses a transform that cannot be inverted', async () => {
    const path = await folder({ 'detected_transcripts.csv': 'global_x,global_y,gene\n1,2,A\n' });
    await mkdir(join(path, 'images'));
    await writeFile(join(path, 'images/mosaic_DAPI_z0.tif'), 'x');
    for (const text of [
      '1 0 0\n0 1 0\n',
      '1 0 0\n2 0 0\n0 0 1\n',
      '1 0 0\n0 1 0\n0 0 2\n',
      'a b c\n0 1 0\n0 0 1\n',
    ]) {
      await writeFile(join(path, 'images/micron_to_mosaic_pixel_transform.csv'), text);
      expect((await failure(openBundle(path, config))).code).toBe('METADATA_INVALID');
    }
  });

  it('keeps equal CosMx cell numbers of different fields apart', async () => {
    const text =
      'fov,cell_ID,x_global_px,y_global_px,z,target,CellComp\n1,5,10,20,0,A,Nuclear\n2,5,10,-20,1,SystemControl1,Membrane\n1,0,1,1,0,FalseCode2,None\n1,5,1,1,0,NegPrb1,0\n2,0,1,1,0,A,0\n';
    const rows = await drain(await folder({ 'S1_tx_file.csv': text }), { ...config, cosmxPixelSizeUm: 0.5 });
    expect(rows.cell).toEqual(['1_5', '2_5', '', '1_5', '']);
    expect(rows.y.slice(0, 2)).toEqual([-10, 10]);
    expect(rows.kind).toEqual([
      'gene',
      'negative_control_codeword',
      'negative_control_codeword',
      'negative_control_probe',
      'gene',
    ]);
    expect(rows.nuclear).toEqual([1, 0, 0, 0, 0]);
  });

  it('warns when positions in mm contradict the pixel size', async () => {
    const path = await folder({
      'S1_tx_file.csv': 'fov,cell_ID,x_global_px,y_global_px,target\n1,0,10,20,B\n',
      'S1_fov_positions_file.csv':
        'FOV,x_global_px,y_global_px,x_global_mm,y_global_mm\n1,0,0,0,0\n2,5000,0,0.9,0\n',
    });
    const codes = async (cosmxPixelSizeUm: number) =>
      (await openBundle(path, { ...config, cosmxPixelSizeUm })).findings.map(({ code }) => code);
    expect(await codes(0.12)).toContain('COSMX_PIXEL_SIZE');
    expect(await codes(0.18)).not.toContain('COSMX_PIXEL_SIZE');
  });
});

describe('tables with a column mapping', () => {
  it('maps, scales and filters names as the configuration says', async () => {
    const columns = {
      ...config.columns,
      path: 'spots.csv',
      x: 'X',
      y: 'Y',
      z: 'Z',
      feature: 'target',
      cell: 'label',
      nuclear: 'place',
      transcriptId: 'id',
      umPerUnit: 0.5,
      unassigned: ['none'],
      controls: '^ctl',
    };
    const text = 'id,X,Y,Z,target,label,place\n7,1,2,3,A,none,Nuclear\n8,3,4,5,ctl-1,0,Cytoplasm\n';
    const path = await folder({ 'spots.csv': text });
    const rows = await drain(path, { ...table, columns });
    expect(rows).toMatchObject({
      x: [0.5, 1.5],
      y: [1, 2],
      z: [1.5, 2.5],
      kind: ['gene', 'other_control'],
      cell: ['', '0'],
      nuclear: [1, 0],
      id: [7n, 8n],
    });
  });

  it('says that a mapped column is missing, that no file is named, and that an expression is wrong', async () => {
    const path = await folder({ 'spots.csv': 'x,y,gene\n1,2,A\n' });
    const missing = { ...table, columns: { ...config.columns, path: 'spots.csv', qv: 'quality' } };
    const error = await failure(openBundle(path, missing));
    expect([error.code, error.message.includes('"quality" (found: x, y, gene)')]).toEqual([
      'COLUMN_MISSING',
      true,
    ]);
    expect((await failure(openBundle(path, table))).code).toBe('CONFIG_INVALID');
    const bad = { ...table, columns: { ...config.columns, path: 'spots.csv', controls: '(' } };
    expect((await failure(openBundle(path, bad))).code).toBe('CONFIG_INVALID');
  });

  it('says where a feature is missing', async () => {
    const path = await folder({ 'spots.csv': 'x,y,gene\n1,2,A\n1,2,\n' });
    const error = await failure(drain(join(path, 'spots.csv')));
    expect([error.code, error.message.includes('row 2')]).toEqual(['COLUMN_TYPE', true]);
  });
});

describe.skipIf(!hasSharedData)(`truncated real files${skipNote}`, () => {
  it('names a truncated Parquet file', async () => {
    const whole = await readFile(shared('xenium/lung-10k/transcripts.parquet'));
    for (const length of [0, 3, 11, 1000, whole.length - 1]) {
      const error = await failure(
        openBundle(
          await folder({
            'transcripts.parquet': whole.subarray(0, length),
            'experiment.xenium': '{"pixel_size":0.2125}',
          }),
          config,
        ),
      );
      expect([error.code, error.message.includes('transcripts.parquet')]).toEqual(['PARQUET_INVALID', true]);
    }
  });

  it('names a truncated gzip file', async () => {
    const whole = await readFile(shared('xenium/toy-400um/outs/transcripts.csv.gz'));
    const path = await folder({ 'transcripts.csv.gz': whole.subarray(0, whole.length >> 1) });
    const error = await failure(drain(path));
    expect([error.code, error.message.includes('transcripts.csv.gz')]).toEqual(['CSV_INVALID', true]);
  });

  it('reads csv.gz as Xenium too, with the matrix telling controls apart', async () => {
    const path = await folder({});
    for (const name of ['transcripts.csv.gz', 'cell_feature_matrix.h5']) {
      await copyFile(shared(`xenium/toy-400um/outs/${name}`), join(path, name));
    }
    const rows = await drain(path);
    expect(tally(rows.kind)).toEqual({ gene: 5257, unassigned_codeword: 2, negative_control_probe: 1 });
  });
});
