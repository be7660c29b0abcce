/** Pixels of one shape as runs along x, sorted by (y, x), in columns and rows of the slide-wide lattice. */
export interface Runs {
  readonly y: number[];
  readonly x: number[];
  readonly length: number[];
}

export const noRuns = (): Runs => ({ y: [], x: [], length: [] });

export const runPixels = (runs: Runs): number => runs.length.reduce((sum, length) => sum + length, 0);

/** Groups runs that touch (`diagonal`: also at a corner) by union-find; gives for each run the lowest run of its group. */
export function connectRuns(runs: Runs, diagonal: boolean): Int32Array {
  const parent = Int32Array.from(runs.y, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root];
    for (let at = i; at !== root; ) {
      const next = parent[at];
      parent[at] = root;
      at = next;
    }
    return root;
  };
  const reach = diagonal ? 1 : 0;
  let above = 0;
  for (let i = 0; i < parent.length; i++) {
    while (runs.y[above] < runs.y[i] - 1) above++;
    // Runs above that end before this one begins can meet no later run of this row either.
    while (runs.y[above] === runs.y[i] - 1 && runs.x[above] + runs.length[above] + reach <= runs.x[i])
      above++;
    const end = runs.x[i] + runs.length[i] + reach;
    for (let k = above; runs.y[k] === runs.y[i] - 1 && runs.x[k] < end; k++) {
      const [a, b] = [find(k), find(i)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return parent.map((_, i) => find(i));
}

/**
 * The part of a shape with most pixels (8-connected; ties: the one that begins first in scan order), and how many parts
 * there were.
 */
export function largestPart(runs: Runs): { runs: Runs; parts: number } {
  const part = connectRuns(runs, true);
  const pixels = new Map<number, number>();
  part.forEach((root, i) => {
    pixels.set(root, (pixels.get(root) ?? 0) + runs.length[i]);
  });
  if (pixels.size <= 1) return { runs, parts: pixels.size };
  let best = part[0];
  for (const [root, count] of pixels) if (count > pixels.get(best)!) best = root;
  const kept = noRuns();
  part.forEach((root, i) => {
    if (root !== best) return;
    kept.y.push(runs.y[i]);
    kept.x.push(runs.x[i]);
    kept.length.push(runs.length[i]);
  });
  return { runs: kept, parts: pixels.size };
}
