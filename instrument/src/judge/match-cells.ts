import type { Contingency } from './contingency.ts';
import { matchByWeight } from './matching.ts';

/** Predicted cell of each true cell (0 = none) so that matched pairs share as many transcripts as possible. */
export function matchCells(table: Contingency): Uint32Array {
  const start = new Uint32Array(table.trueCells + 1);
  const column = new Uint32Array(table.column.length);
  const weight = new Uint32Array(table.column.length);
  let n = 0;
  for (let t = 1; t <= table.trueCells; t++) {
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      if (table.column[e] === 0) continue;
      column[n] = table.column[e] - 1;
      weight[n++] = table.count.all[e];
    }
    start[t] = n;
  }
  const columns = matchByWeight({ start, column, weight, columns: table.predictedCells });
  const match = new Uint32Array(table.trueCells + 1);
  columns.forEach((c, i) => {
    match[i + 1] = c + 1;
  });
  return match;
}
