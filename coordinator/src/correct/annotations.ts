import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import type { TableColumn, TableSpec, UnsValue } from '@spatile/formats/spatialdata/write';
import { CELL_CLASSES, SPLIT_STATUS, type TypeModel } from '@spatile/formats/tile/correct';
import type { SlideTypes } from './cell-types.ts';
import type { CountTable } from './count-table.ts';
import type { CorrectedCounts } from './counts-result.ts';
import type { SplitPlan } from './purify.ts';

/** What the correct stage adds to the table. */
export type Corrections = Required<Pick<TableSpec, 'layers' | 'obsm' | 'uns'>> & {
  obs: TableColumn[];
  warnings: string[];
};

const float32 = (name: string, values: Float32Array): TableColumn => ({ name, kind: 'float32', values });
const flag = (name: string, values: Uint8Array): TableColumn => ({ name, kind: 'bool', values });
const categorical = (
  name: string,
  values: ArrayLike<number>,
  categories: readonly string[],
): TableColumn => ({
  name,
  kind: 'categorical',
  values: Int32Array.from(values),
  categories,
});

/** Columns, weights and provenance of RCTD's result. */
export function typeAnnotations(
  table: CountTable,
  config: CorrectConfig,
  reference: ReferenceProfiles,
  model: TypeModel,
  typed: SlideTypes,
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

/** Columns, layers and provenance of SPLIT's result. */
export function splitAnnotations(
  config: CorrectConfig,
  plan: SplitPlan,
  counts: CorrectedCounts,
): Corrections {
  const before = counts.geneBefore.reduce((a, b) => a + b, 0);
  const after = counts.geneAfter.reduce((a, b) => a + b, 0);
  return {
    obs: [
      categorical('split_status', plan.status, SPLIT_STATUS),
      float32('split_score', plan.score),
      float32('split_counts', Float32Array.from(counts.correctedTotal)),
    ],
    obsm: {},
    uns: { split: { transcripts: before, kept: after, settings: settingsOf(config.split) } },
    layers: counts.layers,
    warnings: [],
  };
}

/** Settings as `uns` holds them; empty mappings are left out. */
function settingsOf(settings: object): { [key: string]: UnsValue } {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([, value]) => typeof value !== 'object' || Object.keys(value).length > 0,
    ),
  ) as { [key: string]: UnsValue };
}

/** What several methods add, together. */
export function joined(parts: readonly Corrections[]): Corrections {
  return {
    obs: parts.flatMap(({ obs }) => obs),
    obsm: Object.assign({}, ...parts.map(({ obsm }) => obsm)),
    uns: Object.assign({}, ...parts.map(({ uns }) => uns)),
    layers: Object.assign({}, ...parts.map(({ layers }) => layers)),
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}
