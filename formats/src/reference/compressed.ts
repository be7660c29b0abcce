import type { Group } from 'h5wasm/node';
import { dataset, lengthOf, numbers, SLICE, withHdf5 } from './hdf5.ts';
import { type Entries, referenceInvalid } from './source.ts';

/** A compressed sparse matrix in an HDF5 group with `data`, `indices` and `indptr`. */
export interface CompressedMatrix {
  path: string;
  file: string;
  group: string;
  /** Whether the outer dimension is cells (CSR of cells x genes, or CSC of genes x cells). */
  outerIsCell: boolean;
  outer: number;
}

/** Row pointers of a compressed matrix, checked. */
function pointers({ file, group, outer }: CompressedMatrix, root: Group): Float64Array {
  const indptr = dataset(root, file, `${group}/indptr`);
  const entries = lengthOf(dataset(root, file, `${group}/data`));
  const indices = lengthOf(dataset(root, file, `${group}/indices`));
  const out = Float64Array.from(numbers(indptr, 0, lengthOf(indptr)));
  const ascending = out.every((value, i) => value >= 0 && (i === 0 || value >= out[i - 1]));
  if (out.length !== outer + 1 || !ascending || out[outer] !== entries || indices !== entries) {
    throw referenceInvalid(
      file,
      `${group} contradicts itself (${out.length} pointers for ${outer} rows, ${entries} values, ${indices} indices)`,
      'a sparse matrix whose parts fit',
      'export the file again',
    );
  }
  return out;
}

/** Streams the entries of a compressed matrix, a slice at a time; the file is open during a slice only. */
export async function* compressedEntries(matrix: CompressedMatrix): AsyncGenerator<Entries> {
  const { path, file, group, outerIsCell } = matrix;
  const indptr = await withHdf5(path, file, (root) => pointers(matrix, root));
  const total = indptr[indptr.length - 1];
  let row = 0;
  for (let from = 0; from < total; from += SLICE) {
    const to = Math.min(total, from + SLICE);
    const { inner, count } = await withHdf5(path, file, (root) => ({
      inner: numbers(dataset(root, file, `${group}/indices`), from, to),
      count: numbers(dataset(root, file, `${group}/data`), from, to),
    }));
    const outer = new Uint32Array(to - from);
    for (let i = from; i < to; i++) {
      while (indptr[row + 1] <= i) row++;
      outer[i - from] = row;
    }
    yield outerIsCell ? { cell: outer, gene: inner, count } : { cell: inner, gene: outer, count };
  }
}
