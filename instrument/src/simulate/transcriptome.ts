import { AliasTable } from './alias-table.ts';
import { drawExpression, type Expression } from './expression.ts';
import { Mixture } from './mixture.ts';
import type { Settings } from './options.ts';
import { drawPanel, type Panel } from './panel.ts';
import type { Reference } from './reference.ts';
import { typesOfKinds } from './type-places.ts';

/** What cells can express: panel, profiles and the tables to draw from. The same for slides of any size. */
export interface Transcriptome {
  panel: Panel;
  expression: Expression;
  mixture: Mixture;
  ambient: AliasTable;
  /** Per kind of `CELL_TYPES`: the expression types its cells may have. */
  typesOfKinds: readonly (readonly number[])[];
}

/** A pure function of seed, number of genes and reference. Memory: 30 bytes per gene and type. */
export function drawTranscriptome(settings: Settings, reference: Reference | null): Transcriptome {
  const panel = drawPanel(settings, reference);
  const expression = drawExpression(settings, panel, reference);
  return {
    panel,
    expression,
    mixture: new Mixture(expression),
    ambient: new AliasTable(expression.ambient),
    typesOfKinds: typesOfKinds(panel.typeNames),
  };
}
