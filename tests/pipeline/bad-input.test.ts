import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { parquetWriteFile } from 'hyparquet-writer';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Refusal, refusal, spatileHere } from './refused.ts';
import { run, testFolder } from './slide.ts';
import { expectConserved } from './store.ts';

const at = testFolder();
const TABLE = ['--platform', 'table', '--set', 'input.columns.cell=cell'];

/** A transcript table beside the other files; gives its path. */
function table(name: string, lines: string[]): string {
  writeFileSync(at(name), `${lines.join('\n')}\n`);
  return at(name);
}

/** A folder that looks like a Xenium bundle, with these columns in its `transcripts.parquet`. */
function xenium(name: string, change: (columns: XeniumColumns) => XeniumColumns): string {
  mkdirSync(at(name));
  const columns = change([
    { name: 'transcript_id', data: [1n, 2n, 3n], type: 'INT64' },
    { name: 'cell_id', data: ['a', 'a', 'a'], type: 'STRING' },
    { name: 'overlaps_nucleus', data: [1, 1, 1], type: 'INT32' },
    { name: 'feature_name', data: ['A', 'A', 'B'], type: 'STRING' },
    { name: 'x_location', data: [1, 2, 3], type: 'FLOAT' },
    { name: 'y_location', data: [1, 2, 3], type: 'FLOAT' },
    { name: 'z_location', data: [1, 2, 3], type: 'FLOAT' },
    { name: 'qv', data: [40, 40, 40], type: 'FLOAT' },
  ]);
  parquetWriteFile({ filename: at(`${name}/transcripts.parquet`), columnData: columns });
  return at(name);
}
type XeniumColumns = Parameters<typeof parquetWriteFile>[0]['columnData'];

let folder = '';
const refused = (input: string, args: string[] = []): Promise<Refusal> => refusal(folder, input, args);

beforeAll(() => {
  folder = at('').replace(/\/$/, '');
});

describe('bundles that are not there or not whole', () => {
  test('missing file', async () => {
    expect(await refused(at('nowhere'))).toEqual({
      ...{ code: 'INPUT_MISSING', exitCode: 3 },
      message: 'nowhere: no such file or folder (ENOENT); expected a readable file; check the path',
    });
  });

  test('empty folder', async () => {
    mkdirSync(at('empty'));
    expect(await refused(at('empty'))).toEqual({
      ...{ code: 'INPUT_EMPTY', exitCode: 3 },
      message:
        'empty: the folder is empty (0 files); expected the output folder of an instrument; check the path',
    });
  });

  test('unknown platform', async () => {
    mkdirSync(at('unknown'));
    writeFileSync(at('unknown/readme.txt'), 'hello\n');
    expect(await refused(at('unknown'))).toEqual({
      ...{ code: 'PLATFORM_UNKNOWN', exitCode: 3 },
      message:
        'unknown: the folder is not recognised as any platform (found: readme.txt); expected experiment.xenium, detected_transcripts.csv or *_tx_file.csv in it; give the folder that holds one of these, or a table with --platform table',
    });
  });

  test('truncated Parquet', async () => {
    const whole = readFileSync(`${xenium('whole', (columns) => columns)}/transcripts.parquet`);
    mkdirSync(at('truncated'));
    writeFileSync(at('truncated/transcripts.parquet'), whole.subarray(0, whole.length >> 1));
    expect(await refused(at('truncated'))).toEqual({
      ...{ code: 'PARQUET_INVALID', exitCode: 3 },
      message:
        'truncated/transcripts.parquet: the Parquet file is truncated or damaged (its last four bytes are not "PAR1"); expected a complete file; copy or export it again',
    });
  });
});

describe('columns', () => {
  test('missing in a bundle', async () => {
    const path = xenium('no-y', (columns) => columns.filter(({ name }) => name !== 'y_location'));
    expect(await refused(path)).toEqual({
      ...{ code: 'COLUMN_MISSING', exitCode: 3 },
      message:
        'no-y/transcripts.parquet: no column "y_location" (found: transcript_id, cell_id, overlaps_nucleus, feature_name, x_location, z_location, qv); expected the transcripts of a Xenium bundle of XOA 1.0 or later; export it again (without "qv", set input.minQv to null)',
    });
  });

  test('missing in a table', async () => {
    const path = table('no-y.csv', ['x,gene,cell', '1,A,1']);
    expect(await refused(path, TABLE)).toEqual({
      ...{ code: 'COLUMN_MISSING', exitCode: 3 },
      message:
        'no-y.csv: no column "y" (found: x, gene, cell); expected the columns named by input.columns; set input.columns.x, .y, .feature and the others to what the table has',
    });
  });

  test('of the wrong type in a bundle', async () => {
    const path = xenium('text-x', (columns) =>
      columns.map((column) =>
        column.name === 'x_location' ? { name: 'x_location', data: ['1', '2', '3'], type: 'STRING' } : column,
      ),
    );
    expect(await refused(path)).toEqual({
      ...{ code: 'COLUMN_TYPE', exitCode: 3 },
      message:
        'text-x/transcripts.parquet: column "x_location" has the wrong type (text); expected a number; convert the column or name another one',
    });
  });

  test('of the wrong type in a table', async () => {
    const path = table('text-y.csv', ['x,y,gene,cell', '1,abc,A,1']);
    expect(await refused(path, TABLE)).toEqual({
      ...{ code: 'COLUMN_TYPE', exitCode: 3 },
      message:
        'text-y.csv: column "y" holds something that is not a number ("abc" in line 2); expected numbers; name another column or correct the line',
    });
  });
});

describe('coordinates that are no numbers', () => {
  const lines = ['x,y,gene,cell', '5,5,A,1', 'nan,6,A,1', '6,6,B,1', '7,inf,A,1', '6,7,A,1', '-inf,1,B,2'];

  test('are refused', async () => {
    expect(await refused(table('nan.csv', lines), TABLE)).toEqual({
      ...{ code: 'COORDINATES_INVALID', exitCode: 3 },
      message:
        'nan.csv: 3 transcripts with NaN or infinite coordinates (the first is data row 2); expected finite microns; repair the file or pass --set input.dropInvalid=true to leave them out',
    });
  });

  test('are left out and counted when that is wanted', async () => {
    const summary = await run(table('drop.csv', lines), at('drop.zarr'), {
      input: { platform: 'table', dropInvalid: true, columns: { cell: 'cell' } },
      assign: { method: 'expand' },
    });
    expect(summary.transcripts).toMatchObject({ input: 6, kept: 3, filtered: { invalidCoordinates: 3 } });
    const kept = new Map([
      [0n, { gene: 'A', x: 5, y: 5 }],
      [2n, { gene: 'B', x: 6, y: 6 }],
      [4n, { gene: 'A', x: 6, y: 7 }],
    ]);
    await expectConserved(at('drop.zarr'), kept);
  });
});

describe('too few transcripts', () => {
  test('none', async () => {
    expect(await refused(table('none.csv', ['x,y,gene,cell']), TABLE)).toEqual({
      ...{ code: 'TRANSCRIPTS_NONE', exitCode: 3 },
      message:
        'none.csv: the transcript table holds 0 rows; expected at least one transcript; check that the export is complete',
    });
  });

  test('one, without an outline', async () => {
    expect(await refused(table('one.csv', ['x,y,gene,cell', '5,5,A,1']), TABLE)).toEqual({
      ...{ code: 'PRIOR_EMPTY', exitCode: 3 },
      message:
        'cell ids of the transcript table: no usable cell in the prior segmentation (0 found); expected at least one cell with an outline, or 3 transcripts of genes that name it; check the prior or choose another with --set prior.source=…',
    });
  });

  test.each(['nucleus', 'expand', 'proseg'] as const)(
    'one, in an outline, is a slide: %s',
    async (method) => {
      const summary = await run(table(`${method}.csv`, ['x,y,gene', '5,5,A']), at(`${method}.zarr`), {
        input: { platform: 'table' },
        prior: { file: square('one', 0) },
        assign: { method },
      });
      expect(summary).toMatchObject({ cells: 1, transcripts: { kept: 1 } });
      await expectConserved(at(`${method}.zarr`), new Map([[0n, { gene: 'A', x: 5, y: 5 }]]));
    },
  );
});

/** A GeoJSON file with one square cell of 10 um from (corner, corner). */
function square(name: string, corner: number): string {
  const [a, b] = [corner, corner + 10];
  const coordinates = [
    [
      [a, a],
      [b, a],
      [b, b],
      [a, b],
      [a, a],
    ],
  ];
  const feature = { type: 'Feature', id: 'k', geometry: { type: 'Polygon', coordinates }, properties: {} };
  writeFileSync(at(`${name}.geojson`), JSON.stringify({ type: 'FeatureCollection', features: [feature] }));
  return at(`${name}.geojson`);
}

describe('all background', () => {
  const lines = ['x,y,gene,cell', '5,5,A,0', '5,6,A,0', '7,7,B,0'];

  test('no transcript has a cell and there are no outlines', async () => {
    expect(await refused(table('background.csv', lines), TABLE)).toEqual({
      ...{ code: 'PRIOR_MISSING', exitCode: 3 },
      message:
        'background: no prior segmentation (nuclei, cells or per-transcript ids) found (no outlines, and no transcript has a cell); expected one; give nuclei or cells with --set prior.file=FILE, name the column of cell ids of a plain table with --set input.columns.cell=NAME, or choose another --set prior.source=…',
    });
  });

  test('cells, but no transcript in any: all of them are background in the output', async () => {
    const output = at('away.zarr');
    const summary = await run(table('away.csv', lines), output, {
      input: { platform: 'table', columns: { cell: 'cell' } },
      prior: { file: square('away', 40) },
      assign: { method: 'expand' },
    });
    expect(summary.transcripts).toMatchObject({ kept: 3, assigned: 0 });
    const kept = new Map(lines.slice(1).map((line, i) => [BigInt(i), rowOf(line)]));
    const { rows } = await expectConserved(output, kept);
    expect(rows.every(({ cell }) => cell === '')).toBe(true);
  });

  const rowOf = (line: string) => {
    const [x, y, gene] = line.split(',');
    return { gene, x: Number(x), y: Number(y) };
  };
});

describe('masks', () => {
  test('of another size than the image', async () => {
    writeFileSync(at('small.npy'), npy(100, 50));
    await simulateSlide({ out: at('with-image'), sizeUm: 40, genes: 16, transcriptsPerCell: 20 });
    expect(await refused(at('with-image'), ['--set', `prior.file=${at('small.npy')}`])).toEqual({
      ...{ code: 'MASK_SHAPE', exitCode: 3 },
      message:
        'small.npy: the mask does not fit the image (50x100 pixels of 0.2125 um); expected 189x189 pixels of 0.2125 um; give prior.maskPixelSizeUm and prior.maskOriginUm, or a mask of the size of the image',
    });
  });

  /** A mask of zeros as numpy writes it. */
  function npy(rows: number, columns: number): Uint8Array {
    const header = `{'descr': '<u4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`.padEnd(117);
    const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
    return Buffer.concat([start, Buffer.from(`${header}\n`), Buffer.alloc(rows * columns * 4)]);
  }
});

describe('command line and configuration', () => {
  const any = () => table('any.csv', ['x,y,gene', '5,5,A']);

  test('a platform that does not exist', async () => {
    expect(await refused(any(), ['--platform', 'nanostring'])).toEqual({
      ...{ code: 'CONFIG_INVALID', exitCode: 2 },
      message:
        '--platform: input.platform: the value is not allowed ("nanostring"); expected auto, xenium, merscope, cosmx, table; see docs/configuration.md',
    });
  });

  test('an unknown option', async () => {
    expect(await refused(any(), ['--sed', '1'])).toEqual({
      ...{ code: 'USAGE', exitCode: 2 },
      message: "unknown option '--sed'; did you mean one of --seed, --set?",
    });
  });

  test('an unknown configuration key, in a file and in an option', async () => {
    expect(await refused(any(), ['--set', 'assign.expand.distanceUM=3'])).toEqual({
      ...{ code: 'CONFIG_UNKNOWN_KEY', exitCode: 2 },
      message:
        '--set: there is no setting "assign.expand.distanceUM"; did you mean "assign.expand.distanceUm"?',
    });
    writeFileSync(at('settings.yaml'), 'assign:\n  expnd: {}\n');
    expect(await refused(any(), ['--config', at('settings.yaml')])).toEqual({
      ...{ code: 'CONFIG_UNKNOWN_KEY', exitCode: 2 },
      message: 'settings.yaml: there is no setting "assign.expnd"; did you mean "assign.expand"?',
    });
  });

  test('an output folder that exists', async () => {
    mkdirSync(at('taken'));
    mkdirSync(at('taken/out.zarr'));
    expect(await refusal(at('taken'), any())).toEqual({
      ...{ code: 'OUTPUT_EXISTS', exitCode: 4 },
      message: 'out.zarr: already there; choose another name or pass --overwrite',
    });
    // And what spatile did not make it does not remove.
    writeFileSync(at('taken/out.zarr/thesis.txt'), 'ten years of work\n');
    expect(await refusal(at('taken'), any(), ['--overwrite'])).toEqual({
      ...{ code: 'OUTPUT_EXISTS', exitCode: 4 },
      message: 'out.zarr: already there and not made by spatile; remove it yourself or choose another name',
    });
    expect(readFileSync(at('taken/out.zarr/thesis.txt'), 'utf8')).toBe('ten years of work\n');
  });
});

test('a stack comes with --debug and only then', async () => {
  const without = await spatileHere(['run', at('nowhere'), '-o', at('out.zarr')]);
  expect(without.stderr.trim().split('\n')).toHaveLength(1);
  const withDebug = await spatileHere(['run', at('nowhere'), '-o', at('out.zarr'), '--debug']);
  expect(withDebug.stderr).toMatch(/^spatile: .*\nSpatileError: .*\n {4}at /);
});
