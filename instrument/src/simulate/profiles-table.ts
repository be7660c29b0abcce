import { expectedShares } from './expression.ts';
import { TableWriter } from './table-writer.ts';
import type { Transcriptome } from './transcriptome.ts';

const PROFILES = { feature: 'int32', type: 'code', share: 'float64' } as const;

/**
 * Writes the truth's `profiles.parquet`: the expected share of each gene (index into the features of `panel.json`) in the
 * transcripts that a cell of each type emits, type by type; sums to 1 in each.
 */
export function writeProfiles(path: string, { panel, expression }: Transcriptome): void {
  const table = new TableWriter(path, PROFILES, { texts: { type: (code) => panel.typeNames[code] } });
  panel.typeNames.forEach((_, type) => {
    const shares = expectedShares(expression, type);
    for (let gene = 0; gene < shares.length; gene++) {
      table.columns.feature[table.at] = gene;
      table.columns.type[table.at] = type;
      table.columns.share[table.at] = shares[gene];
      table.next();
    }
  });
  table.finish();
}
