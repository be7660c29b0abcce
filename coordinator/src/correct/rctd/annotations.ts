import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { CELL_CLASSES, type TypeModel } from '@spatile/formats/tile/correct';
import { type Corrections, categorical, flag, float32, settingsOf } from '../annotations.ts';
import type { CountTable } from '../counts/table.ts';
import type { SlideTypes } from './cell-types.ts';

/** Columns, weights and provenance of RCTD's result. */
export function typeAnnotations(
  table: CountTable,
  config: CorrectConfig,
  reference: ReferenceProfiles,
  model: TypeModel,
  typed: SlideTypes,
  scores: Corrections['obsm'],
): Corrections {
  const { types } = reference;
  const isDoublet = config.rctd.mode === 'doublet';
  const genesOf = (list: Int32Array): string[] =>
    Array.from(list, (j) => table.geneNames[reference.genes[j]]);
  const obs = [
    categorical('cell_type', typed.first, types),
    categorical('rctd_class', typed.cellClass, CELL_CLASSES),
    float32('rctd_w1', typed.firstWeight),
    float32('rctd_min_score', typed.minScore),
    flag('rctd_converged', typed.convergedAll),
    ...(isDoublet
      ? [
          categorical('rctd_first', typed.first, types),
          categorical('rctd_second', typed.second, types),
          float32('rctd_w2', typed.secondWeight),
          flag('rctd_first_certain', typed.firstCertain),
          flag('rctd_second_certain', typed.secondCertain),
          float32('rctd_singlet_score', typed.singletScore),
          flag('rctd_converged_doublet', typed.convergedDoublet),
        ]
      : []),
  ];
  const columns = types.length;
  return {
    obs,
    obsm: {
      rctd_weights: { data: typed.weights, columns },
      ...(typed.subWeights.length > 0
        ? {
            rctd_sub_weights: { data: typed.subWeights, columns },
            rctd_sub_confident: { data: Int32Array.from(typed.confident), columns },
          }
        : {}),
      ...scores,
    },
    uns: {
      rctd: {
        types: [...types],
        mode: config.rctd.mode,
        sigma: model.sigma,
        proportions: Array.from(model.proportions),
        genes: genesOf(model.list),
        genes_bulk: genesOf(model.bulkList),
        profiles: Array.from(model.profiles),
        reference: {
          from: reference.from,
          shared_genes: reference.genes.length,
          cells: reference.cells === null ? [] : Array.from(reference.cells),
        },
        settings: settingsOf(config.rctd),
      },
    },
    layers: {},
    warnings: reference.warnings,
  };
}
