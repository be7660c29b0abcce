import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** Transcripts of the real sets, read here without any of the readers that are tested. */
export interface InputRow {
  id: bigint;
  gene: string;
  /** Microns in the slide's frame, single precision as in the output. */
  x: number;
  y: number;
  qv: number;
  /** The instrument's cell; empty when it gave none. */
  cell: string;
  nuclear: boolean;
}

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

export const shared = (path: string): string => data + path;
export const hasSharedData = existsSync(data);
export const skipNote = hasSharedData ? '' : ' (skipped: ../shared/data is absent)';

const none = new Set(['-1', '0', 'UNASSIGNED']);
const cellOf = (text: string): string => (none.has(text) ? '' : text);

export async function xeniumParquet(path: string): Promise<InputRow[]> {
  const file = await asyncBufferFromFile(shared(path));
  const rows = await parquetReadObjects({ file, compressors });
  return rows.map((row) => ({
    id: BigInt(row.transcript_id),
    gene: text(row.feature_name),
    x: Math.fround(row.x_location),
    y: Math.fround(row.y_location),
    qv: row.qv,
    cell: cellOf(text(row.cell_id)),
    nuclear: row.overlaps_nucleus === 1,
  }));
}

export function xeniumCsv(path: string): InputRow[] {
  return csv(path).map((row) => ({
    id: BigInt(row.transcript_id),
    gene: row.feature_name,
    x: Math.fround(Number(row.x_location)),
    y: Math.fround(Number(row.y_location)),
    qv: Number(row.qv),
    cell: cellOf(row.cell_id),
    nuclear: row.overlaps_nucleus === '1',
  }));
}

/** MERSCOPE gives transcripts no number: the row is the id. */
export function merscopeCsv(path: string): InputRow[] {
  return csv(path).map((row, i) => ({
    id: BigInt(i),
    gene: row.gene,
    x: Math.fround(Number(row.global_x)),
    y: Math.fround(Number(row.global_y)),
    qv: Number.POSITIVE_INFINITY,
    cell: '',
    nuclear: false,
  }));
}

/** CosMx gives pixels of the slide with y upwards; cells are numbered within a field of view. */
export function cosmxCsv(path: string, pixelUm: number): InputRow[] {
  return csv(path).map((row, i) => ({
    id: BigInt(i),
    gene: row.target,
    x: Math.fround(Number(row.x_global_px) * pixelUm),
    y: Math.fround(-Number(row.y_global_px) * pixelUm),
    qv: Number.POSITIVE_INFINITY,
    cell: row.cell_ID === '0' ? '' : `${row.fov}_${row.cell_ID}`,
    nuclear: row.CellComp === 'Nuclear',
  }));
}

/** The tables of these sets quote nothing and have no comma within a field. */
function csv(path: string): Record<string, string>[] {
  const bytes = readFileSync(shared(path));
  const [header, ...lines] = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString()
    .trim()
    .split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((field, i) => [names[i], field])));
}

const text = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
