import { type GeneMatch, matchGenes, type Panel } from './match.ts';
import { type CellSource, referenceInvalid } from './source.ts';

/** Mean expression of cell types on the genes that the slide has too. */
export interface ReferenceProfiles {
  types: string[];
  /** Cells behind each profile; null when the file held profiles. */
  cells: Uint32Array | null;
  /** Genes of the slide's table that are shared (ascending). */
  genes: Int32Array;
  /** Types x shared genes; every row sums to 1. */
  shares: Float64Array;
  /** Where the numbers come from, for people. */
  from: string;
  warnings: string[];
}

export interface ProfileLimits {
  /** Fewest cells of a type. */
  minCells: number;
  /** Fewest transcripts (on shared genes) of a cell that is used. */
  minCounts: number;
  /** What to do with types of fewer cells. */
  rareTypes: 'stop' | 'drop';
}

/**
 * Profiles of labelled cells: the mean over a type's cells of their counts divided by their total, both over shared genes.
 * Two passes over the counts; memory grows with cells and with types x genes.
 * Errors: `REFERENCE_INVALID`.
 */
export async function profilesOf(
  file: string,
  source: CellSource,
  panel: Panel,
  limits: ProfileLimits,
): Promise<ReferenceProfiles> {
  if (source.types.length < 2) throw tooFewTypes(file, source.types.length);
  const match = matchGenes(file, source.genes, source.ids, panel);
  const slot = slotsOf(match, panel.names.length);
  const total = await totals(file, source, slot);
  const warnings = [...match.warnings];
  const unlabelled = source.typeOf.filter((k) => k < 0).length;
  if (unlabelled > 0)
    warnings.push(`${file}: ${unlabelled} of ${source.typeOf.length} cells have no label and are left out`);
  const cells = new Uint32Array(source.types.length);
  const typeOf = source.typeOf.map((k, cell) => (total[cell] >= Math.max(1, limits.minCounts) ? k : -1));
  for (const k of typeOf) if (k >= 0) cells[k]++;
  const kept = keptTypes(file, source.types, cells, limits, warnings);
  const row = new Int32Array(source.types.length).fill(-1);
  kept.forEach((k, i) => {
    row[k] = i;
  });
  const genes = match.shared.length;
  const shares = new Float64Array(kept.length * genes);
  for await (const { cell, gene, count } of source.entries()) {
    for (let i = 0; i < cell.length; i++) {
      const k = typeOf[cell[i]];
      if (k < 0 || row[k] < 0 || slot[gene[i]] < 0) continue;
      shares[row[k] * genes + slot[gene[i]]] += count[i] / total[cell[i]];
    }
  }
  kept.forEach((k, i) => {
    for (let j = 0; j < genes; j++) shares[i * genes + j] /= cells[k];
  });
  return {
    types: kept.map((k) => source.types[k]),
    cells: Uint32Array.from(kept, (k) => cells[k]),
    genes: match.shared,
    shares,
    from: source.from,
    warnings,
  };
}

/** Place among the shared genes of each gene of the reference; -1 for others. */
export function slotsOf({ panelOf, shared }: GeneMatch, panelGenes: number): Int32Array {
  const place = new Int32Array(panelGenes).fill(-1);
  shared.forEach((j, i) => {
    place[j] = i;
  });
  return panelOf.map((j) => (j < 0 ? -1 : place[j]));
}

/** Transcripts of each cell on shared genes; every count is checked here. */
async function totals(file: string, source: CellSource, slot: Int32Array): Promise<Float64Array> {
  const total = new Float64Array(source.typeOf.length);
  for await (const { cell, gene, count } of source.entries()) {
    for (let i = 0; i < count.length; i++) {
      const n = count[i];
      if (!Number.isInteger(n) || n < 0) throw notCounts(file, source.from, n);
      if (!(cell[i] < total.length && gene[i] < slot.length)) {
        throw referenceInvalid(
          file,
          `${source.from} names cell ${cell[i]} and gene ${gene[i]} of ${total.length} x ${slot.length}`,
          'indices inside the matrix',
          'export the file again',
        );
      }
      if (slot[gene[i]] >= 0) total[cell[i]] += n;
    }
  }
  return total;
}

/** The sentence on values that are no counts. */
export function notCounts(file: string, from: string, found: number): Error {
  const what = Number.isNaN(found) ? 'NaN' : found < 0 ? 'negative values' : 'non-integers';
  return referenceInvalid(
    file,
    `${from} holds ${what} (${found}), so these are no counts`,
    'raw counts',
    'name another layer with correct.reference.layer, or give profiles as CSV',
  );
}

export const tooFewTypes = (file: string, found: number): Error =>
  referenceInvalid(
    file,
    `it names ${found === 1 ? 'one cell type' : `${found} cell types`}`,
    'at least two',
    'check the label column (correct.reference.labels)',
  );

function keptTypes(
  file: string,
  types: readonly string[],
  cells: Uint32Array,
  { minCells, rareTypes }: ProfileLimits,
  warnings: string[],
): number[] {
  const rare = types.flatMap((type, k) => (cells[k] < minCells ? [`${type} (${cells[k]})`] : []));
  if (rare.length > 0 && rareTypes === 'stop') {
    throw referenceInvalid(
      file,
      `${rare.length} of ${types.length} types have too few cells (${rare.slice(0, 5).join(', ')}${rare.length > 5 ? ', ...' : ''})`,
      `at least ${minCells} cells of each type`,
      'join types, set correct.reference.rareTypes=drop, or lower correct.reference.minCells',
    );
  }
  if (rare.length > 0)
    warnings.push(
      `${file}: ${rare.length} types with fewer than ${minCells} cells are left out (${rare.join(', ')})`,
    );
  const kept = types.flatMap((_, k) => (cells[k] >= minCells ? [k] : []));
  if (kept.length < 2) throw tooFewTypes(file, kept.length);
  return kept;
}
