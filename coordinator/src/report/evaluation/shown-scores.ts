import type { Scores } from '@spatile/instrument/judge/scores';

export interface ShownScore {
  name: string;
  label: string;
  /** Which direction is better; null for what merely counts. */
  better: 'more' | 'less' | null;
}

/** Scores in the order in which they are shown. */
const SCORES: readonly ShownScore[] = [
  { name: 'f1', label: 'F1 of transcripts', better: 'more' },
  { name: 'recall', label: 'transcripts of cells in their own cell', better: 'more' },
  { name: 'precision', label: 'assigned transcripts in their own cell', better: 'more' },
  { name: 'leakedHome', label: 'leaked transcripts brought home', better: 'more' },
  { name: 'backgroundRecall', label: 'background kept out', better: 'more' },
  { name: 'backgroundPrecision', label: 'background among what is left out', better: 'more' },
  { name: 'ari', label: 'adjusted Rand index', better: 'more' },
  { name: 'detection', label: 'cells found by transcripts (Jaccard at least 0.5)', better: 'more' },
  { name: 'medianJaccard', label: 'median Jaccard of transcripts', better: 'more' },
  { name: 'mergeRate', label: 'merged cells', better: 'less' },
  { name: 'splitRate', label: 'split cells', better: 'less' },
  { name: 'expressionCorrelation', label: 'correlation of expression', better: 'more' },
  { name: 'foreignMarkers', label: 'markers of other types', better: 'less' },
  { name: 'trueCells', label: 'true cells', better: null },
  { name: 'transcripts', label: 'transcripts judged', better: null },
  { name: 'fromCells', label: 'of them from cells', better: null },
  { name: 'leaked', label: 'of them leaked', better: null },
];

/** The scores that any of the results has, known ones first; one that is not known here is shown by its name. */
export function shownScores(all: readonly Scores[]): ShownScore[] {
  const there = new Set(
    all.flatMap((scores) =>
      Object.entries(scores).flatMap(([name, value]) => (value === null ? [] : [name])),
    ),
  );
  const known = new Set(SCORES.map(({ name }) => name));
  const others = [...there].filter((name) => !known.has(name));
  return [
    ...SCORES.filter(({ name }) => there.has(name)),
    ...others.map((name) => ({ name, label: wordsOf(name), better: null })),
  ];
}

/** A score by name; null where it is unknown. */
export function scoreIn(scores: Scores, name: string): number | null {
  const value = (scores as unknown as Record<string, unknown>)[name];
  return typeof value === 'number' ? value : null;
}

/** Indices of the best values (several when they are equal to 4 decimals); none where nothing is better or all are equal. */
export function bestOf(values: readonly (number | null)[], better: ShownScore['better']): number[] {
  if (better === null) return [];
  const rounded = values.map((value) => (value === null ? null : value.toFixed(4)));
  const numbers = rounded.flatMap((text) => (text === null ? [] : [Number(text)]));
  if (numbers.length < 2 || new Set(numbers).size < 2) return [];
  const best = better === 'more' ? Math.max(...numbers) : Math.min(...numbers);
  return rounded.flatMap((text, i) => (text !== null && Number(text) === best ? [i] : []));
}

const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
