import { basename, dirname, isAbsolute, join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { SpatileError } from '../errors.ts';
import { type ColumnUse, checkColumns } from '../tabular/columns.ts';
import { kindOfName } from './feature-kind.ts';
import { inputFile } from './listing.ts';
import { openTable } from './open-table.ts';
import type { OpenedBundle } from './opened.ts';
import type { Feature } from './slide.ts';
import { transcriptSource } from './transcripts.ts';

/**
 * Opens any CSV, TSV or Parquet table of transcripts by the column mapping `config.columns`. `path` is the table, or a
 * folder with `columns.path` in it.
 *
 * Frame: the table's, times `umPerUnit`; y is taken to run down.
 * Errors: `CONFIG_INVALID` for a folder without `columns.path` or a bad regular expression, `COLUMN_MISSING`,
 * `COLUMN_TYPE`.
 */
export async function openGenericTable(
  path: string,
  isFolder: boolean,
  config: RunConfig['input'],
): Promise<OpenedBundle> {
  const { columns } = config;
  const file = tablePath(path, isFolder, columns.path);
  const table = await openTable(file);
  const optional: { name: string | null; use: ColumnUse }[] = [
    { name: columns.z, use: 'number' },
    { name: columns.qv, use: 'number' },
    { name: columns.transcriptId, use: 'integer' },
    { name: columns.cell, use: 'id' },
    { name: columns.nuclear, use: 'flag' },
  ];
  checkColumns(
    table,
    [
      { name: columns.x, use: 'number' },
      { name: columns.y, use: 'number' },
      { name: columns.feature, use: 'name' },
      ...optional.flatMap(({ name, use }) => (name === null ? [] : [{ name, use }])),
    ],
    'expected the columns named by input.columns; set input.columns.x, .y, .feature and the others to what the table has',
  );
  const none = new Set(columns.unassigned);
  const controls = controlPattern(columns.controls);
  const scaleUm = columns.umPerUnit;
  const transcripts = transcriptSource(
    table,
    {
      x: { name: columns.x, scaleUm },
      y: { name: columns.y, scaleUm },
      z: columns.z === null ? null : { name: columns.z, scaleUm },
      feature: columns.feature,
      qv: columns.qv,
      transcriptId: columns.transcriptId,
      cell:
        columns.cell === null
          ? null
          : { name: columns.cell, within: null, isNone: (id) => id === '' || none.has(id) },
      nuclear: columns.nuclear === null ? null : { name: columns.nuclear, isInside: isNuclear },
      isGene: null,
      category: null,
    },
    ({ name }): Feature => ({ name, kind: controls.test(name) ? controlKind(name) : 'gene' }),
  );
  const dir = dirname(file);
  return {
    platform: 'table',
    platformVersion: null,
    layoutVersion: null,
    path,
    name: basename(file).replace(/(\.csv|\.tsv|\.txt|\.parquet)?(\.gz)?$/i, ''),
    transcripts,
    images: [],
    extentUm: null,
    pixelSizeUm: null,
    inputs: [await inputFile(dir, 'transcripts', basename(file))],
    findings: [],
  };
}

function tablePath(path: string, isFolder: boolean, inside: string | null): string {
  if (!isFolder) return path;
  if (inside !== null) return isAbsolute(inside) ? inside : join(path, inside);
  throw new SpatileError(
    'CONFIG_INVALID',
    `${path}: platform table needs to know which file holds the transcripts (the path is a folder); expected input.columns.path; set it or give the file itself`,
    { fields: { key: 'input.columns.path' } },
  );
}

function controlPattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (cause) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `input.columns.controls: not a regular expression (${source}); expected one that matches the names of controls; correct it`,
      { fields: { key: 'input.columns.controls' }, cause },
    );
  }
}

/** What the name matched by the user's expression looks like; anything else is a control of no known kind. */
const controlKind = (name: string): Feature['kind'] => kindOfName(name) ?? 'other_control';

const isNuclear = (text: string): boolean => /^(1|1\.0|true|nuclear|nucleus)$/i.test(text);
