import type { RunConfig } from '@spatile/formats/config/schema';
import { CELL_CLASSES } from '@spatile/formats/tile/correct';
import { invalidMethods } from '../invalid.ts';
import type { CorrectStage, NamedTypes } from '../method.ts';

/** Labels of cells: an index into `names`, -1 for none. */
export interface CellLabels {
  names: readonly string[];
  label: Int16Array;
}

type ResolviConfig = RunConfig['correct']['resolvi'];

const UNKNOWN = new Set(['', 'unknown', 'nan', 'NA', 'filtered']);
/** Components of the prior, one for each label. */
const MOST_LABELS = 500;

/**
 * The labels that are learned from: a column of the table, or the types of the methods before where they are sure; null for
 * none.
 * @param rows those that the network sees.
 * Errors: `CONFIG_INVALID` when there is no such column, or these rows have fewer than two labels.
 */
export function cellLabels(
  stage: CorrectStage,
  types: NamedTypes | null,
  rows: Uint32Array,
): CellLabels | null {
  const settings = stage.config.correct.resolvi;
  if (!settings.supervised) return null;
  const labels =
    settings.labelColumn !== null ? fromColumn(stage, settings.labelColumn) : fromTypes(types, settings);
  if (labels === null) return null;
  const used = new Set(Array.from(rows, (row) => labels.label[row]));
  used.delete(-1);
  if (used.size < 2 || labels.names.length > MOST_LABELS)
    throw invalidMethods(
      `resolvi has ${used.size} labels of cells with enough transcripts to learn from, of ${labels.names.length} names`,
      `2 to ${MOST_LABELS}`,
      'set correct.resolvi.supervised=false, or lower correct.resolvi.labelDifference or correct.resolvi.minCounts',
    );
  return labels;
}

function fromColumn({ table }: CorrectStage, name: string): CellLabels {
  const column = table.obs.find((one) => one.name === name);
  if (column?.kind !== 'categorical' && column?.kind !== 'string')
    throw invalidMethods(
      `resolvi finds no column ${name} of names in the table`,
      'a column of labels',
      'set correct.resolvi.labelColumn to one that is there',
    );
  const texts: (string | null)[] =
    column.kind === 'string'
      ? [...column.values]
      : Array.from(column.values, (code) => (code < 0 ? null : column.categories[code]));
  const names = [...new Set(texts)]
    .filter((text): text is string => text !== null && !UNKNOWN.has(text))
    .sort();
  const code = new Map(names.map((text, i) => [text, i]));
  return { names, label: Int16Array.from(texts, (text) => (text === null ? -1 : (code.get(text) ?? -1))) };
}

function fromTypes(types: NamedTypes | null, settings: ResolviConfig): CellLabels | null {
  if (types === null) return null;
  const { cellClass, first, firstWeight, second, secondWeight } = types.typed;
  const classes = new Set<string>(settings.labelClasses);
  const label = Int16Array.from(first, (type, i) => {
    const rest = second[i] < 0 ? 0 : secondWeight[i];
    const sure = firstWeight[i] - rest > settings.labelDifference;
    return type >= 0 && sure && classes.has(CELL_CLASSES[cellClass[i]]) ? type : -1;
  });
  return { names: types.names, label };
}
