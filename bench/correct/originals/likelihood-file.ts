import { closeSync, openSync, writeSync } from 'node:fs';
import { INTERVALS, LikelihoodTables, RATE_GRID } from '@spatile/worker/correct/rctd/likelihood';

/** Hundredths of sigma that spacexr looks at. */
export const SIGMAS: readonly number[] = [
  ...Array.from({ length: 61 }, (_, i) => 10 + i),
  ...Array.from({ length: 65 }, (_, i) => 72 + 2 * i),
];

/**
 * Writes the likelihood tables that spacexr is published with, for copies of it that came without: for every sigma, for every
 * count from 0, ln of the probability at each rate of the grid, as 64-bit floats.
 * @param rows number of counts.
 */
export function writeLikelihoods(path: string, rows: number, sigmas = SIGMAS): void {
  const tables = new LikelihoodTables(rows);
  const file = openSync(path, 'w');
  try {
    for (const sigma of sigmas)
      writeSync(file, new Uint8Array(atNodes(tables.table(sigma / 100), rows).buffer));
  } finally {
    closeSync(file);
  }
}

/** Values at the nodes: where each interval begins, and where the last one ends. */
function atNodes(table: Float64Array, rows: number): Float64Array {
  const { nodes } = RATE_GRID;
  const parts = table.length / rows / INTERVALS;
  const width = nodes[INTERVALS] - nodes[INTERVALS - 1];
  return Float64Array.from({ length: rows * nodes.length }, (_, i) => {
    const [row, node] = [Math.floor(i / nodes.length), i % nodes.length];
    if (node < INTERVALS) return table[(row * INTERVALS + node) * parts];
    const [q, q1, q2, q3] = table.subarray(((row + 1) * INTERVALS - 1) * parts);
    return q + width * (q1 + (width / 2) * (q2 + (width / 3) * q3));
  });
}
