import { SpatileError } from '@spatile/formats/errors';
import type { RectUm } from '@spatile/formats/space';
import { decodeFrame, encodeFrame, type Frame, frameDigest, openPiece } from '@spatile/formats/tile/frame';
import {
  BLOCK_COLUMNS,
  type BlockRows,
  encodeBlock,
  openBlock,
  ROWS_PIECE,
} from '@spatile/formats/tile/rows';
import { pickTables } from '@spatile/formats/tile/tables';
import { ceilTo } from '../plan/plan.ts';
import { BlockEntries } from './block-index.ts';
import { allocateColumns, type PartitionColumns } from './columns.ts';

/** Fewest transcripts of a square at the mean density of its tile: smaller blocks would cost more than what they leave out. */
const LEAST_PER_BLOCK = 1000;

const PARTITION = 'partition';
/** Columns that no task reads, in input order, and where the rows of the blocks, one after the other, lie in that order. */
const REST = 'rest';

const BLOCK_NAMES = Object.keys(BLOCK_COLUMNS) as (keyof BlockRows)[];

/**
 * Edge of the squares of a tile's blocks, microns, on the lattice: one ring of them is as wide as the halo, so that a neighbour
 * gives no more than the squares at its border.
 */
export function blockEdgeUm(core: RectUm, transcripts: number, haloUm: number, latticeUm: number): number {
  const area = (core.x1 - core.x0) * (core.y1 - core.y0);
  const wanted = transcripts === 0 ? 0 : Math.sqrt((LEAST_PER_BLOCK * area) / transcripts);
  const largest = Math.max(core.x1 - core.x0, core.y1 - core.y0);
  return ceilTo(Math.max(latticeUm, haloUm, Math.min(wanted, largest)), latticeUm);
}

/**
 * The file of one tile: a frame whose pieces are the blocks of its squares, row by row, each ascending by input row (`rows.0`,
 * `rows.1`, ...), and `rest`; and where each block lies in it.
 */
export function encodeTile(
  columns: PartitionColumns,
  core: RectUm,
  edgeUm: number,
): { bytes: Uint8Array; blocks: BlockEntries } {
  const { order, starts } = bySquare(columns, core, edgeUm);
  const sorted = Object.fromEntries(
    BLOCK_NAMES.map((name) => [name, gathered(columns[name], order)]),
  ) as unknown as BlockRows;
  const pieces: Record<string, Uint8Array> = {};
  const blocks = new BlockEntries(starts.length - 1);
  for (let b = 0; b + 1 < starts.length; b++) {
    const rows = Object.fromEntries(
      BLOCK_NAMES.map((name) => [name, sorted[name].subarray(starts[b], starts[b + 1])]),
    ) as unknown as BlockRows;
    pieces[ROWS_PIECE + b] = encodeBlock(rows);
    blocks.describe(b, rows, pieces[ROWS_PIECE + b]);
  }
  pieces[REST] = encodeFrame({
    kind: REST,
    meta: {},
    tables: { rest: { qv: columns.qv, transcript_id: columns.transcript_id }, order: { at: order } },
    bare: true,
  });
  const bytes = encodeFrame({ kind: PARTITION, meta: {}, tables: {}, pieces });
  const stored = decodeFrame(bytes, PARTITION).pieces!;
  for (let b = 0; b + 1 < starts.length; b++)
    blocks.offset[b] = stored[ROWS_PIECE + b].byteOffset - bytes.byteOffset;
  return { bytes, blocks };
}

/** All columns of a tile, in input order. Errors: `RUN_CORRUPT` when the bytes are not what was written. */
export function decodeTile(bytes: Uint8Array, sha256: string, where: string): PartitionColumns {
  // Damage of a piece is told of with the name of the file.
  const frame = { ...decodeFrame(bytes, PARTITION, where), kind: where };
  if (frameDigest(bytes) !== sha256)
    throw new SpatileError(
      'RUN_CORRUPT',
      `${where}: not what was written (its checksum differs); expected an undamaged run directory; start again with --overwrite`,
    );
  const { rest, order } = pickTables(openPiece(frame, REST, REST), {
    rest: ['qv', 'transcript_id'],
    order: ['at'],
  });
  const at = order.at as Uint32Array;
  const out = { ...allocateColumns(0), ...rest } as unknown as PartitionColumns;
  const blocks = blocksOf(frame);
  for (const name of BLOCK_NAMES) (out[name] as ArrayLike<number>) = scattered(name, blocks, at);
  return out;
}

/** Places of the transcripts by square (row by row, those beyond the core in the nearest one) and where each square that holds any begins. */
function bySquare(
  { x, y }: PartitionColumns,
  core: RectUm,
  edgeUm: number,
): { order: Uint32Array; starts: Uint32Array } {
  const wide = Math.max(1, Math.ceil((core.x1 - core.x0) / edgeUm));
  const high = Math.max(1, Math.ceil((core.y1 - core.y0) / edgeUm));
  const square = new Uint32Array(x.length);
  const next = new Uint32Array(wide * high + 1);
  for (let i = 0; i < x.length; i++) {
    const c = Math.min(wide - 1, Math.max(0, Math.floor((x[i] - core.x0) / edgeUm)));
    const r = Math.min(high - 1, Math.max(0, Math.floor((y[i] - core.y0) / edgeUm)));
    square[i] = r * wide + c;
    next[square[i] + 1]++;
  }
  for (let s = 0; s < wide * high; s++) next[s + 1] += next[s];
  const starts = Uint32Array.from(new Set(next));
  const order = new Uint32Array(x.length);
  for (let i = 0; i < x.length; i++) order[next[square[i]]++] = i;
  return { order, starts };
}

function gathered<T extends BlockRows[keyof BlockRows]>(values: T, order: Uint32Array): T {
  const out = new (values.constructor as new (n: number) => T)(order.length);
  for (let i = 0; i < order.length; i++) out[i] = values[order[i]];
  return out;
}

function scattered(
  name: keyof BlockRows,
  blocks: readonly BlockRows[],
  at: Uint32Array,
): BlockRows[keyof BlockRows] {
  const out = new BLOCK_COLUMNS[name](at.length);
  let k = 0;
  for (const block of blocks) {
    const values = block[name];
    for (let i = 0; i < values.length; i++) out[at[k++]] = values[i];
  }
  return out;
}

function blocksOf(frame: Frame): BlockRows[] {
  return Object.keys(frame.pieces!)
    .filter((name) => name.startsWith(ROWS_PIECE))
    .map((name) => openBlock(frame, name));
}
