import { Group } from 'h5wasm/node';
import { compressedEntries } from './compressed.ts';
import { dataset, strings, withHdf5 } from './hdf5.ts';
import { type CellSource, codedLabels, labelsByBarcode, referenceInvalid } from './source.ts';

/**
 * A 10x matrix in HDF5 (`/matrix`, Cell Ranger 3 and later; CSC of features x barcodes) with labels by barcode.
 * Errors: those of `withHdf5`, `REFERENCE_INVALID`.
 */
export async function openTenxH5(
  path: string,
  file: string,
  labels: ReadonlyMap<string, string>,
): Promise<CellSource> {
  const head = await withHdf5(path, file, (root) => {
    if (!(root.get('matrix') instanceof Group)) {
      throw referenceInvalid(
        file,
        `it has no group matrix (found: ${root.keys().join(', ') || 'nothing'})`,
        'an .h5 file of Cell Ranger 3 or later, or an AnnData .h5ad',
        'export the reference again',
      );
    }
    return {
      barcodes: strings(dataset(root, file, 'matrix/barcodes')),
      genes: strings(dataset(root, file, 'matrix/features/name')),
      ids: strings(dataset(root, file, 'matrix/features/id')),
    };
  });
  return {
    genes: head.genes,
    ids: head.ids,
    ...codedLabels(labelsByBarcode(file, head.barcodes, labels)),
    from: 'matrix',
    entries: () =>
      compressedEntries({ path, file, group: 'matrix', outerIsCell: true, outer: head.barcodes.length }),
  };
}
