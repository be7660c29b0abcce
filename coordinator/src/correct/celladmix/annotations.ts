import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { Factors } from '@spatile/formats/tile/celladmix';
import { type Corrections, settingsOf } from '../annotations.ts';
import type { CountTable } from '../counts/table.ts';
import type { BridgeTest } from './bridge.ts';
import type { CellTypes } from './cell-types.ts';
import type { EnrichmentTest } from './enrichment.ts';
import type { SlideLabels } from './label.ts';
import type { Rule } from './rules.ts';

/** What celladmix found out of a slide. */
export interface Findings {
  types: CellTypes;
  model: Factors;
  labels: SlideLabels;
  bridges: readonly BridgeTest[];
  enrichments: readonly EnrichmentTest[];
  candidates: readonly Rule[];
  rules: readonly Rule[];
}

/** Name of a factor, as labels and rules have it. */
export const factorName = (factor: number): string => `factor-${factor + 1}`;

/** Columns, shares of factors and provenance. */
export function admixtureAnnotations(
  table: CountTable,
  settings: CorrectConfig['celladmix'],
  { types, model, labels, bridges, enrichments, candidates, rules }: Findings,
  removed: Int32Array,
): Corrections {
  const { names } = types;
  const { factors } = model;
  const nameOf = (type: number): string => (type < 0 ? '' : names[type]);
  const ruleColumns = (list: readonly Rule[]) => ({
    factor: list.map(({ factor }) => factorName(factor)),
    cell_type: list.map(({ target }) => nameOf(target)),
    source: list.map(({ source }) => nameOf(source)),
  });
  const molecules = labels.counts.reduce((sum, n) => sum + n, 0);
  return {
    obs: [{ name: 'celladmix_removed', kind: 'int32', values: removed }],
    obsm: { celladmix_factors: { data: sharesOf(labels, table.cells), columns: factors } },
    layers: {},
    uns: {
      celladmix: {
        cell_types: types.from,
        factors: Array.from({ length: factors }, (_, f) => factorName(f)),
        genes: [...table.geneNames],
        loadings: Array.from(model.loadings),
        loss: model.loss,
        iterations: model.iterations,
        rules: ruleColumns(rules),
        rules_not_proven: ruleColumns(
          candidates.filter(
            (rule) => !rules.some((one) => one.factor === rule.factor && one.target === rule.target),
          ),
        ),
        bridge_tests: {
          factor: bridges.map(({ factor }) => factorName(factor)),
          cell_type: bridges.map(({ target }) => nameOf(target)),
          source: bridges.map(({ source }) => nameOf(source)),
          pairs: bridges.map(({ pairs }) => pairs),
          p: bridges.map(({ p }) => p),
          q: bridges.map(({ q }) => q),
        },
        enrichment_tests: {
          factor: enrichments.map(({ factor }) => factorName(factor)),
          cell_type: enrichments.map(({ type }) => nameOf(type)),
          markers: enrichments.map(({ markers }) => markers),
          p: enrichments.map(({ p }) => p),
          q: enrichments.map(({ q }) => q),
        },
        molecules: { labelled: molecules, removed: removed.reduce((sum, n) => sum + n, 0) },
        settings: settingsOf(settings),
      },
    },
    warnings: rules.length > 0 ? [] : [nothingForeign(settings.test)],
  };
}

const nothingForeign = (test: string): string =>
  `celladmix: no factor proved foreign to a cell type (correct.celladmix.test is ${test}); the counts stay as they are`;

/** Shares of factors in each cell, cells x factors; NaN for cells without labels. */
function sharesOf({ counts, factors }: SlideLabels, cells: number): Float32Array {
  const out = new Float32Array(counts.length);
  for (let row = 0; row < cells; row++) {
    let all = 0;
    for (let f = 0; f < factors; f++) all += counts[row * factors + f];
    for (let f = 0; f < factors; f++)
      out[row * factors + f] = all > 0 ? counts[row * factors + f] / all : Number.NaN;
  }
  return out;
}
