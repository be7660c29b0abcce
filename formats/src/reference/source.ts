import { SpatileError } from '../errors.ts';

/** Sparse entries of cells x genes, in any order. */
export interface Entries {
  cell: ArrayLike<number>;
  gene: ArrayLike<number>;
  count: ArrayLike<number>;
}

/** Single cells with counts and labels, whatever file they lie in. */
export interface CellSource {
  /** Names, and ids where the file has both. */
  genes: readonly string[];
  ids: readonly string[] | null;
  types: readonly string[];
  /** Type of each cell; -1 without a label. */
  typeOf: Int32Array;
  /** Where the counts come from, such as `raw/X`. */
  from: string;
  /** One pass over all entries; may be asked for again. */
  entries(): AsyncIterable<Entries>;
}

/** A sentence on a reference that cannot be used: `REFERENCE_INVALID`. */
export function referenceInvalid(
  file: string,
  what: string,
  expected: string,
  todo: string,
  cause?: unknown,
): SpatileError {
  return new SpatileError('REFERENCE_INVALID', `${file}: ${what}; expected ${expected}; ${todo}`, {
    fields: { file },
    cause,
  });
}

/** Labels that mean that there is none. */
const NO_LABEL = new Set(['', 'nan', 'NaN', 'NA', 'None']);

/** Numbers the labels by their text in alphabetical order; -1 for none. */
export function codedLabels(labels: readonly string[]): { types: string[]; typeOf: Int32Array } {
  const types = [...new Set(labels)].filter((label) => !NO_LABEL.has(label)).sort();
  const code = new Map(types.map((type, k) => [type, k]));
  return { types, typeOf: Int32Array.from(labels, (label) => code.get(label) ?? -1) };
}

/** The labels of cells by barcode. Errors: `REFERENCE_INVALID` when not one barcode has a label. */
export function labelsByBarcode(
  file: string,
  barcodes: readonly string[],
  labels: ReadonlyMap<string, string>,
): string[] {
  const out = barcodes.map((barcode) => labels.get(barcode) ?? '');
  if (out.every((label) => label === '')) {
    throw referenceInvalid(
      file,
      `no barcode has a label (first barcode ${barcodes[0] ?? 'missing'}, first labelled ${labels.keys().next().value ?? 'none'})`,
      'the same barcodes in both files',
      'check that the label file belongs to this reference',
    );
  }
  return out;
}
