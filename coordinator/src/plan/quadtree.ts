import type { RectUm } from '@spatile/formats/space';

export interface QuadtreeRules {
  latticeUm: number;
  maxEdgeUm: number;
  minEdgeUm: number;
  /** Whether a core of this rectangle is too much for a worker. */
  tooHeavy: (core: RectUm) => boolean;
}

/** A rectangle this many times longer than wide is halved across its length only. */
const ELONGATED = 1.5;

/**
 * Cuts `extent` (on the lattice) into half-open cores that cover it once: halves every rectangle that is longer than the
 * largest edge or too heavy, until an edge would fall under the smallest. Cuts lie on the lattice, next to the middle, so
 * that cores are of similar size and idle workers few.
 */
export function quadtree(extent: RectUm, rules: QuadtreeRules): RectUm[] {
  const leaves: RectUm[] = [];
  const stack: RectUm[] = [extent];
  while (stack.length > 0) {
    const rect = stack.pop()!;
    const width = rect.x1 - rect.x0;
    const height = rect.y1 - rect.y0;
    const overX = width > rules.maxEdgeUm;
    const overY = height > rules.maxEdgeUm;
    const canX = width / 2 >= rules.minEdgeUm && width >= 2 * rules.latticeUm;
    const canY = height / 2 >= rules.minEdgeUm && height >= 2 * rules.latticeUm;
    const heavy = !overX && !overY && rules.tooHeavy(rect);
    const cutX = canX && (overX || (heavy && (width * ELONGATED >= height || !canY)));
    const cutY = canY && (overY || (heavy && (height * ELONGATED >= width || !canX)));
    if (!cutX && !cutY) {
      leaves.push(rect);
      continue;
    }
    const xs = cutX ? [rect.x0, middle(rect.x0, rect.x1, rules.latticeUm), rect.x1] : [rect.x0, rect.x1];
    const ys = cutY ? [rect.y0, middle(rect.y0, rect.y1, rules.latticeUm), rect.y1] : [rect.y0, rect.y1];
    for (let i = 0; i + 1 < ys.length; i++) {
      for (let j = 0; j + 1 < xs.length; j++)
        stack.push({ x0: xs[j], y0: ys[i], x1: xs[j + 1], y1: ys[i + 1] });
    }
  }
  return leaves.sort((a, b) => a.y0 - b.y0 || a.x0 - b.x0);
}

function middle(from: number, to: number, lattice: number): number {
  return from + Math.round((to - from) / 2 / lattice) * lattice;
}
