import { Dataset, type File, Group } from 'h5wasm/node';
import { compressedEntries } from './compressed.ts';
import { dataset, lengthOf, numbers, rows, SLICE, strings, withHdf5 } from './hdf5.ts';
import { notCounts } from './profiles.ts';
import { type CellSource, codedLabels, type Entries, referenceInvalid } from './source.ts';

/** Where counts are looked for, in this order. */
const PLACES = ['X', 'raw/X', 'layers/counts'];
/** Entries that are looked at to tell counts from normalised values. */
const LOOK = 10_000;

type Layout = { kind: 'dense' } | { kind: 'compressed'; outerIsCell: boolean };

interface Matrix {
  place: string;
  layout: Layout;
  cells: number;
  genes: number;
}

/**
 * Labelled cells of an AnnData file (`.h5ad`, anndata 0.7 and later): dense, CSR or CSC counts.
 * @param labels column of `obs` with the type; null takes the only column of text there is, or `cell_type`.
 * @param layer where the counts are (`X`, `raw/X`, `layers/NAME`); null takes the first place that holds whole numbers.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `REFERENCE_INVALID`.
 */
export async function openH5ad(
  path: string,
  file: string,
  labels: string | null,
  layer: string | null,
): Promise<CellSource> {
  return withHdf5(path, file, (root) => {
    if (!(root.get('obs') instanceof Group)) {
      throw referenceInvalid(
        file,
        'obs is no group, as in files of anndata before 0.7',
        'an AnnData file of anndata 0.7 or later',
        'open it and save it again with a current anndata',
      );
    }
    const matrix = countsOf(root, file, layer);
    const named = labelsOf(root, file, labels);
    if (named.length !== matrix.cells) {
      throw referenceInvalid(
        file,
        `obs has ${named.length} rows and ${matrix.place} ${matrix.cells}`,
        'as many labels as cells',
        'export the file again',
      );
    }
    const { genes, ids } = genesOf(root, file, matrix);
    return {
      genes,
      ids,
      ...codedLabels(named),
      from: matrix.place,
      entries: () => entriesOf(path, file, matrix),
    };
  });
}

/** The matrix with counts. */
function countsOf(root: File, file: string, layer: string | null): Matrix {
  const places = layer === null ? PLACES : [layer.includes('/') || layer === 'X' ? layer : `layers/${layer}`];
  let found: number | null = null;
  for (const place of places) {
    const matrix = matrixAt(root, file, place);
    if (matrix === null) continue;
    const data = dataset(root, file, matrix.layout.kind === 'dense' ? place : `${place}/data`);
    const odd = oddValue(data, matrix);
    if (odd === null) return matrix;
    found ??= odd;
  }
  if (found !== null)
    throw notCounts(
      file,
      places.length > 1 ? `none of ${places.join(', ')} but other values: X` : places[0],
      found,
    );
  throw referenceInvalid(
    file,
    `there is no matrix at ${places.join(', ')}`,
    'counts',
    'name their place with correct.reference.layer',
  );
}

/** A value near the beginning that is no count; null when all are. */
function oddValue(data: Dataset, { layout, genes }: Matrix): number | null {
  const values =
    layout.kind === 'dense'
      ? rows(data, 0, Math.min(data.shape![0], Math.ceil(LOOK / Math.max(1, genes))))
      : numbers(data, 0, Math.min(lengthOf(data), LOOK));
  for (let i = 0; i < values.length; i++) if (!Number.isInteger(values[i]) || values[i] < 0) return values[i];
  return null;
}

function matrixAt(root: File, file: string, place: string): Matrix | null {
  const node = root.get(place);
  if (node instanceof Dataset) {
    if (node.shape?.length !== 2) return null;
    return { place, layout: { kind: 'dense' }, cells: node.shape[0], genes: node.shape[1] };
  }
  if (!(node instanceof Group)) return null;
  const encoding = String(node.attrs['encoding-type']?.value ?? '');
  const shape = (node.attrs.shape ?? node.attrs.h5sparse_shape)?.value as
    | ArrayLike<number | bigint>
    | undefined;
  if (!['csr_matrix', 'csc_matrix'].includes(encoding) || shape?.length !== 2) {
    throw referenceInvalid(
      file,
      `${place} is of an unknown encoding (${encoding || 'none'})`,
      'csr_matrix, csc_matrix or a dense array',
      'open it and save it again with a current anndata',
    );
  }
  const outerIsCell = encoding === 'csr_matrix';
  return {
    place,
    layout: { kind: 'compressed', outerIsCell },
    cells: Number(shape[0]),
    genes: Number(shape[1]),
  };
}

/** Text of a column of a dataframe, whichever way it is encoded; null when it is no text. */
function textColumn(root: File, frame: string, name: string): string[] | null {
  const node = root.get(`${frame}/${name}`);
  if (node instanceof Group) {
    const [codes, categories] = [node.get('codes'), node.get('categories')];
    if (codes instanceof Dataset && categories instanceof Dataset) return decoded(codes, categories);
    const values = node.get('values');
    return values instanceof Dataset && isText(values) ? strings(values) : null;
  }
  if (!(node instanceof Dataset)) return null;
  const categories = root.get(`${frame}/__categories/${name}`);
  if (categories instanceof Dataset) return decoded(node, categories);
  return isText(node) ? strings(node) : null;
}

const isText = (data: Dataset): boolean => typeof data.dtype === 'string' && data.dtype.startsWith('S');

function decoded(codes: Dataset, categories: Dataset): string[] {
  const names = strings(categories);
  return Array.from(numbers(codes, 0, lengthOf(codes)), (code) => names[Number(code)] ?? '');
}

function labelsOf(root: File, file: string, wanted: string | null): string[] {
  const columns = (root.get('obs') as Group).keys().filter((name) => !name.startsWith('_'));
  const index = String((root.get('obs') as Group).attrs._index?.value ?? '_index');
  const text = columns.filter((name) => name !== index && textColumn(root, 'obs', name) !== null);
  const chosen = wanted ?? (text.includes('cell_type') ? 'cell_type' : text.length === 1 ? text[0] : null);
  const labels = chosen === null ? null : textColumn(root, 'obs', chosen);
  if (labels !== null) return labels;
  throw referenceInvalid(
    file,
    wanted === null
      ? 'it is not said which column of obs holds the cell types'
      : `obs has no column of text "${wanted}"`,
    `one of ${text.join(', ') || 'its columns (there is none of text)'}`,
    'name it with correct.reference.labels',
  );
}

/** Names of the genes of a matrix, and a second set of names where there is one. */
function genesOf(
  root: File,
  file: string,
  { place, genes }: Matrix,
): { genes: string[]; ids: string[] | null } {
  const frame = place.startsWith('raw/') ? 'raw/var' : 'var';
  const group = root.get(frame);
  if (!(group instanceof Group))
    throw referenceInvalid(file, `there is no ${frame}`, 'gene names', 'export the file again');
  const index = textColumn(root, frame, String(group.attrs._index?.value ?? '_index'));
  if (index?.length !== genes) {
    throw referenceInvalid(
      file,
      `${frame} names ${index?.length ?? 0} genes and ${place} has ${genes}`,
      'one name for each gene',
      'export the file again',
    );
  }
  const other = ['feature_name', 'gene_symbols', 'gene_name', 'gene_ids']
    .map((name) => textColumn(root, frame, name))
    .find((column) => column?.length === genes);
  return { genes: index, ids: other ?? null };
}

async function* entriesOf(path: string, file: string, matrix: Matrix): AsyncGenerator<Entries> {
  const { place, layout, cells, genes } = matrix;
  if (layout.kind === 'compressed') {
    const outer = layout.outerIsCell ? cells : genes;
    yield* compressedEntries({ path, file, group: place, outerIsCell: layout.outerIsCell, outer });
    return;
  }
  const step = Math.max(1, Math.floor(SLICE / Math.max(1, genes)));
  for (let from = 0; from < cells; from += step) {
    const to = Math.min(cells, from + step);
    const values = await withHdf5(path, file, (root) => rows(dataset(root, file, place), from, to));
    const out = { cell: [] as number[], gene: [] as number[], count: [] as number[] };
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      out.cell.push(from + Math.floor(i / genes));
      out.gene.push(i % genes);
      out.count.push(values[i]);
    }
    yield out;
  }
}
