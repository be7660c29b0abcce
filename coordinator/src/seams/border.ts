import { growRect, type RectUm, rectsIntersect } from '@spatile/formats/space';
import type { Tile } from '../plan/plan.ts';

/** A strip around a piece of a border between two cores, re-sampled with everything else frozen. */
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
 * The units of the border round: for each shared edge of two cores the strip of half-width `halfWidthUm` around it
 * (lengthened by as much at both ends, so that corners are covered), and for each the region it sees, `contextUm` wider.
 * Units whose regions meet get different phases (greedy colouring in order of the edges), so that the result of a phase
 * does not depend on the order in which its units are computed.
 *
 * @param holds whether a tile holds a transcript or a seed: a strip that meets fewer than two such tiles is no unit, since the
 * only one that has something to say there has said it.
 */
export function borderUnits(
  tiles: Tile[],
  halfWidthUm: number,
  contextUm: number,
  extent: RectUm,
  holds: (tile: number) => boolean = () => true,
): BorderUnit[] {
  const full = tiles.filter((_, i) => holds(i));
  const units: { strip: RectUm; region: RectUm; phase: number }[] = [];
  for (const edge of sharedEdges(tiles)) {
    const strip = clip(
      {
        x0: edge.x0 - halfWidthUm,
        y0: edge.y0 - halfWidthUm,
        x1: edge.x1 + halfWidthUm,
        y1: edge.y1 + halfWidthUm,
      },
      extent,
    );
    if (full.filter(({ core }) => rectsIntersect(core, strip)).length < 2) continue;
    const region = growRect(strip, contextUm);
    const taken = new Set(
      units.filter((unit) => rectsIntersect(unit.region, region)).map((unit) => unit.phase),
    );
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
