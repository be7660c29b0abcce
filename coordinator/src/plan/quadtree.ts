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
    const overX = rect.x1 - rect.x0 > rules.maxEdgeUm;
    const overY = rect.y1 - rect.y0 > rules.maxEdgeUm;
    const heavy = !overX && !overY && rules.tooHeavy(rect);
    const parts = cut(rect, rules, { overX, overY, heavy });
    if (parts.length === 1) leaves.push(rect);
    else stack.push(...parts);
  }
  return inOrder(leaves);
}

/**
 * Cuts the core that holds a point once more, whatever it weighs; the cores as they are where it cannot be cut or none
 * holds the point.
 */
export function cutAt(
  cores: RectUm[],
  [x, y]: readonly [number, number],
  rules: Pick<QuadtreeRules, 'latticeUm' | 'minEdgeUm'>,
): RectUm[] {
  const at = cores.findIndex(({ x0, y0, x1, y1 }) => x >= x0 && x < x1 && y >= y0 && y < y1);
  if (at < 0) return cores;
  const parts = cut(cores[at], rules, { overX: false, overY: false, heavy: true });
  return inOrder([...cores.slice(0, at), ...parts, ...cores.slice(at + 1)]);
}

/** The halves or quarters of a rectangle, by why it is cut; itself alone where it is not, or cannot be. */
function cut(
  rect: RectUm,
  { latticeUm, minEdgeUm }: Pick<QuadtreeRules, 'latticeUm' | 'minEdgeUm'>,
  { overX, overY, heavy }: { overX: boolean; overY: boolean; heavy: boolean },
): RectUm[] {
  const width = rect.x1 - rect.x0;
  const height = rect.y1 - rect.y0;
  const canX = width / 2 >= minEdgeUm && width >= 2 * latticeUm;
  const canY = height / 2 >= minEdgeUm && height >= 2 * latticeUm;
  const cutX = canX && (overX || (heavy && (width * ELONGATED >= height || !canY)));
  const cutY = canY && (overY || (heavy && (height * ELONGATED >= width || !canX)));
  const xs = cutX ? [rect.x0, middle(rect.x0, rect.x1, latticeUm), rect.x1] : [rect.x0, rect.x1];
  const ys = cutY ? [rect.y0, middle(rect.y0, rect.y1, latticeUm), rect.y1] : [rect.y0, rect.y1];
  const parts: RectUm[] = [];
  for (let i = 0; i + 1 < ys.length; i++) {
    for (let j = 0; j + 1 < xs.length; j++)
      parts.push({ x0: xs[j], y0: ys[i], x1: xs[j + 1], y1: ys[i + 1] });
  }
  return parts;
}

const inOrder = (cores: RectUm[]): RectUm[] => cores.sort((a, b) => a.y0 - b.y0 || a.x0 - b.x0);

function middle(from: number, to: number, lattice: number): number {
  return from + Math.round((to - from) / 2 / lattice) * lattice;
}
