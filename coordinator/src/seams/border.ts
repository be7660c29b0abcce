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

/** An edge this many times as long as two strips need to be apart is long: both its ends are then free of each other. */
const LONG = 2;

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
 * A strip of half-width `halfWidthUm` along each edge that two cores share, then a rectangle around each point where edges end
 * inside the slide. Where all edges are long, upright strips end `contextUm` before such a point, so that what two of them see
 * (`contextUm` wider) does not meet, level ones end at the side of the upright ones, and what is left between them is small.
 * Where one is short, all strips end so far off that no two see each other, and a square takes the rest.
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
  return stripsOf(sharedEdges(tiles), halfWidthUm, contextUm, extent)
    .filter((strip) => full.meeting(strip).length >= 2)
    .map((strip) => ({ strip, region: growRect(strip, contextUm) }));
}

/** A point inside the slide where edges end, and what lies around it. */
interface End {
  x: number;
  y: number;
  /** Whether an upright edge ends here from above (lower y) or below. */
  above: boolean;
  below: boolean;
  /** Length of the shortest edge that ends here. */
  shortest: number;
}

/** Strips along the edges without what is cut off at ends inside the slide, then the rectangles around those ends. */
function stripsOf(edges: Edge[], halfWidthUm: number, contextUm: number, extent: RectUm): RectUm[] {
  const ends = endsOf(edges, extent);
  const apartUm = halfWidthUm + 2 * contextUm;
  const isLong = ({ shortest }: End): boolean => shortest >= LONG * apartUm;
  const cut = (x: number, y: number, upright: boolean): number => {
    const end = ends.get(`${x},${y}`);
    if (end === undefined) return 0;
    if (!isLong(end)) return apartUm;
    return upright ? contextUm : halfWidthUm;
  };
  const strips = edges.flatMap(({ x0, y0, x1, y1 }): RectUm[] => {
    const upright = x0 === x1;
    const [from, to] = [cut(x0, y0, upright), cut(x1, y1, upright)];
    const strip = upright
      ? { x0: x0 - halfWidthUm, x1: x1 + halfWidthUm, y0: y0 + from, y1: y1 - to }
      : { x0: x0 + from, x1: x1 - to, y0: y0 - halfWidthUm, y1: y1 + halfWidthUm };
    // A shorter edge lies in the squares at its ends.
    return strip.x0 < strip.x1 && strip.y0 < strip.y1 ? [strip] : [];
  });
  const around = [...ends.values()].sort((p, q) => p.y - q.y || p.x - q.x);
  const rests = around.map((end): RectUm => {
    const { x, y, above, below } = end;
    if (!isLong(end)) return growRect({ x0: x, y0: y, x1: x, y1: y }, apartUm);
    // Without an upright strip on one side the level ones leave a gap as high as they are.
    return {
      x0: x - halfWidthUm,
      x1: x + halfWidthUm,
      y0: y - (above ? contextUm : halfWidthUm),
      y1: y + (below ? contextUm : halfWidthUm),
    };
  });
  return [...strips, ...rests].map((rect) => clip(rect, extent));
}

/** Points inside the slide where edges end, by `x,y`. */
function endsOf(edges: Edge[], extent: RectUm): Map<string, End> {
  const ends = new Map<string, End>();
  const note = (x: number, y: number, length: number, side: Partial<Pick<End, 'above' | 'below'>>): void => {
    if (x <= extent.x0 || x >= extent.x1 || y <= extent.y0 || y >= extent.y1) return;
    const end = ends.get(`${x},${y}`) ?? { x, y, above: false, below: false, shortest: Infinity };
    ends.set(`${x},${y}`, { ...end, ...side, shortest: Math.min(end.shortest, length) });
  };
  for (const { x0, y0, x1, y1 } of edges) {
    const length = x1 - x0 + y1 - y0;
    const upright = x0 === x1;
    note(x0, y0, length, upright ? { below: true } : {});
    note(x1, y1, length, upright ? { above: true } : {});
  }
  return ends;
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
