import { growRect, type RectUm } from '@spatile/formats/space';
import type { Tile } from '../plan/plan.ts';
import { RectIndex } from '../plan/rect-index.ts';

/** A strip along a piece of a border between cores (or a square where borders end), re-sampled with everything else frozen. */
export interface BorderUnit {
  /** `b0000`, ... within its phase. */
  id: string;
  /** Transcripts observed here may change. */
  strip: RectUm;
  /** Strip and what must be seen around it. */
  region: RectUm;
  /** 1, 2, ...: units of one phase are computed in any order, phases one after the other. */
  phase: number;
}

interface Edge {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/**
 * The units of the border round, which are the strips of `borderStrips`. Units whose regions meet get different phases (greedy
 * colouring in that order), so that the result of a phase does not depend on the order in which its units are computed.
 */
export function borderUnits(...slide: Parameters<typeof borderStrips>): BorderUnit[] {
  const units: Pick<BorderUnit, 'strip' | 'region' | 'phase'>[] = [];
  const strips = borderStrips(...slide);
  const regions = new RectIndex(strips.map(({ region }) => region));
  for (const { strip, region } of strips) {
    const taken = new Set(regions.meeting(region).map((i) => units[i]?.phase));
    let phase = 1;
    while (taken.has(phase)) phase++;
    units.push({ strip, region, phase });
  }
  const perPhase = new Map<number, number>();
  return units.map((unit) => {
    const n = perPhase.get(unit.phase) ?? 0;
    perPhase.set(unit.phase, n + 1);
    return { ...unit, id: `b${String(n).padStart(4, '0')}` };
  });
}

/**
 * A strip of half-width `halfWidthUm` along each edge that two cores share, then a square around each point where edges end
 * inside the slide. Strips stop so far from those points that what the strips of two edges see (`contextUm` wider) does not
 * meet: most strips of a slide are then free of each other, and only the squares must wait.
 *
 * @param holds whether a tile holds a transcript or a seed: a strip that meets fewer than two such tiles is no unit, since the
 * only one that has something to say there has said it.
 */
export function borderStrips(
  tiles: Tile[],
  halfWidthUm: number,
  contextUm: number,
  extent: RectUm,
  holds: (tile: number) => boolean = () => true,
): Pick<BorderUnit, 'strip' | 'region'>[] {
  const full = new RectIndex(tiles.filter((_, i) => holds(i)).map(({ core }) => core));
  return stripsOf(sharedEdges(tiles), halfWidthUm, halfWidthUm + 2 * contextUm, extent)
    .filter((strip) => full.meeting(strip).length >= 2)
    .map((strip) => ({ strip, region: growRect(strip, contextUm) }));
}

/** Strips along the edges without their last `endUm` at ends inside the slide, then the squares around those ends. */
function stripsOf(edges: Edge[], halfWidthUm: number, endUm: number, extent: RectUm): RectUm[] {
  const ends = new Map<string, [number, number]>();
  const strips: RectUm[] = [];
  const cut = (x: number, y: number): number => {
    if (x <= extent.x0 || x >= extent.x1 || y <= extent.y0 || y >= extent.y1) return 0;
    ends.set(`${x},${y}`, [x, y]);
    return endUm;
  };
  for (const { x0, y0, x1, y1 } of edges) {
    const [from, to] = [cut(x0, y0), cut(x1, y1)];
    const strip =
      x0 === x1
        ? { x0: x0 - halfWidthUm, x1: x1 + halfWidthUm, y0: y0 + from, y1: y1 - to }
        : { x0: x0 + from, x1: x1 - to, y0: y0 - halfWidthUm, y1: y1 + halfWidthUm };
    // A shorter edge lies in the squares at its ends.
    if (strip.x0 < strip.x1 && strip.y0 < strip.y1) strips.push(strip);
  }
  const squares = [...ends.values()].sort(([ax, ay], [bx, by]) => ay - by || ax - bx);
  return [...strips, ...squares.map(([x, y]) => growRect({ x0: x, y0: y, x1: x, y1: y }, endUm))].map(
    (rect) => clip(rect, extent),
  );
}

/** Edges shared by two cores, vertical ones (by y, x) before horizontal ones. */
export function sharedEdges(tiles: Tile[]): Edge[] {
  const vertical: Edge[] = [];
  const horizontal: Edge[] = [];
  for (const { core: a } of tiles) {
    for (const { core: b } of tiles) {
      if (a.x1 === b.x0) {
        const y0 = Math.max(a.y0, b.y0);
        const y1 = Math.min(a.y1, b.y1);
        if (y0 < y1) vertical.push({ x0: a.x1, y0, x1: a.x1, y1 });
      }
      if (a.y1 === b.y0) {
        const x0 = Math.max(a.x0, b.x0);
        const x1 = Math.min(a.x1, b.x1);
        if (x0 < x1) horizontal.push({ x0, y0: a.y1, x1, y1: a.y1 });
      }
    }
  }
  const inOrder = (p: Edge, q: Edge): number => p.y0 - q.y0 || p.x0 - q.x0;
  return [...vertical.sort(inOrder), ...horizontal.sort(inOrder)];
}

function clip(rect: RectUm, extent: RectUm): RectUm {
  return {
    x0: Math.max(rect.x0, extent.x0),
    y0: Math.max(rect.y0, extent.y0),
    x1: Math.min(rect.x1, extent.x1),
    y1: Math.min(rect.y1, extent.y1),
  };
}
