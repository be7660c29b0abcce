import { SpatileError } from '../errors.ts';
import { NumberStream, writeNumbers } from './arrays.ts';
import type { PartialStore } from './store.ts';

/** Some rows of a sparse matrix: `length` entries of each; columns ascend within a row. */
export interface CsrBlock {
  length: Uint32Array;
  indices: Int32Array;
  data: Float32Array;
}

/** A sparse matrix that is made block by block, in order of its rows, when it is written. */
export interface CsrBlocks {
  rows: number;
  nonZero: number;
  blocks(): AsyncIterable<CsrBlock>;
}

export const isBlocks = (matrix: object): matrix is CsrBlocks => 'blocks' in matrix;

/**
 * Writes the arrays of a compressed sparse matrix from its blocks; memory is a chunk and the row pointers.
 * Errors: `INTERNAL` when the blocks are not what `rows` and `nonZero` said, or name other columns.
 */
export async function writeCsrBlocks(
  store: PartialStore,
  path: string,
  { rows, nonZero, blocks }: CsrBlocks,
  columns: number,
): Promise<void> {
  const data = await NumberStream.create(store, `${path}/data`, Float32Array, nonZero);
  const indices = await NumberStream.create(store, `${path}/indices`, Int32Array, nonZero);
  const indptr = new Float64Array(rows + 1);
  let row = 0;
  for await (const block of blocks()) {
    for (const length of block.length) {
      indptr[row + 1] = indptr[row] + length;
      row++;
    }
    if (
      row > rows ||
      indptr[row] > nonZero ||
      block.indices.some((column) => column < 0 || column >= columns)
    )
      throw mismatch(path, `row ${row} of ${rows}, entry ${indptr[row]} of ${nonZero}`);
    await data.append(block.data);
    await indices.append(block.indices);
  }
  if (row !== rows || indptr[row] !== nonZero)
    throw mismatch(path, `${row} of ${rows} rows, ${indptr[row]} of ${nonZero} entries`);
  await data.finish();
  await indices.finish();
  await writeNumbers(
    store,
    `${path}/indptr`,
    nonZero < 2 ** 31 ? Int32Array.from(indptr) : BigInt64Array.from(indptr, BigInt),
    {},
  );
}

const mismatch = (path: string, found: string): SpatileError =>
  new SpatileError('INTERNAL', `${path}: the blocks of a matrix do not fit its size (${found})`);
