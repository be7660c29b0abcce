import type { CaseResult } from '../results.ts';
import { type FigureRow, methodsFigure } from './figure.ts';
import { byKind, kindName, over, score, used } from './kinds.ts';
import { ending } from './tables.ts';

/** The comparison as a picture, for the methods of its tables. */
export function comparisonFigure(
  cases: readonly CaseResult[],
  methods: readonly (readonly [key: string, label: string])[],
): string {
  const { kinds } = byKind(cases);
  const shown = methods.filter(([key]) => kinds.some((kind) => kind.methods.has(key)));
  const rows = kinds.flatMap((kind) =>
    shown.flatMap(([key, method]): FigureRow[] => {
      const results = kind.methods.get(key);
      if (results === undefined) return [];
      const wallSeconds = over(results, used('wallSeconds'));
      const isTimed = results.some(({ quality }) => quality.exit !== 'none');
      return [
        {
          kind: kindName(kind),
          method,
          f1: over(results, score('f1')),
          wallSeconds,
          peakBytes: over(results, used('peakBytes')),
          ending: isTimed && wallSeconds === undefined ? ending(results[0]) : null,
        },
      ];
    }),
  );
  return methodsFigure(
    rows,
    shown.map(([, label]) => label),
  );
}
