import { referenceInvalid } from './source.ts';

/** Fewest shared genes that anything can be told from, and the share of the panel below which a warning is due. */
const LEAST_SHARED = 10;
const USUAL_SHARE = 0.5;

/** Genes of the slide's table. */
export interface Panel {
  names: readonly string[];
  /** Ensembl ids, or the names where there are none. */
  ids: readonly string[];
}

export interface GeneMatch {
  /** Gene of the panel for each gene of the reference; -1 for genes that are not shared. */
  panelOf: Int32Array;
  /** Panel genes that are shared, ascending. */
  shared: Int32Array;
  warnings: string[];
}

/**
 * Matches genes by name, or by id where that finds more. A name that the reference has twice counts together.
 * Errors: `REFERENCE_INVALID` when fewer than 10 genes are shared.
 */
export function matchGenes(
  file: string,
  genes: readonly string[],
  ids: readonly string[] | null,
  panel: Panel,
): GeneMatch {
  const candidates = [
    placed(genes, panel.names),
    placed(genes, panel.ids),
    ...(ids === null ? [] : [placed(ids, panel.ids), placed(ids, panel.names)]),
  ];
  const sharedOf = (panelOf: Int32Array): number => new Set(panelOf.filter((j) => j >= 0)).size;
  const panelOf = candidates.reduce((best, next) => (sharedOf(next) > sharedOf(best) ? next : best));
  const shared = Int32Array.from(new Set(panelOf.filter((j) => j >= 0))).sort();
  if (shared.length < LEAST_SHARED) {
    const some = (names: readonly string[]): string => names.slice(0, 5).join(', ') || 'none';
    throw referenceInvalid(
      file,
      `too few of its genes are on the slide (${shared.length} of ${panel.names.length}; reference: ${some(genes)}; slide: ${some(panel.names)})`,
      `at least ${LEAST_SHARED} shared genes, by symbol or Ensembl id`,
      'use a reference of the same species with the same kind of gene names',
    );
  }
  const warnings: string[] = [];
  if (shared.length < USUAL_SHARE * panel.names.length)
    warnings.push(
      `${file}: only ${shared.length} of ${panel.names.length} genes of the slide are in the reference`,
    );
  const twice = panelOf.filter((j) => j >= 0).length - shared.length;
  if (twice > 0)
    warnings.push(`${file}: ${twice} gene names occur more than once; their counts are added up`);
  return { panelOf, shared, warnings };
}

function placed(names: readonly string[], panel: readonly string[]): Int32Array {
  const place = new Map(panel.map((name, j) => [name, j]));
  return Int32Array.from(names, (name) => place.get(name) ?? place.get(name.replace(/\.\d+$/, '')) ?? -1);
}
