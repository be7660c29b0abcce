import type { Finding } from '../bundle/slide.ts';

/**
 * Which z plane stands for a cell when a 2-D outline is wanted: the middle one of the slide, else, for cells without an
 * outline there, the nearest (the lower of two). Memory grows with cells.
 */
export class PlaneCensus {
  private readonly byCell = new Map<string, number[]>();

  note(cellId: string, plane: number): void {
    const planes = this.byCell.get(cellId);
    if (planes === undefined) this.byCell.set(cellId, [plane]);
    else if (!planes.includes(plane)) planes.push(plane);
  }

  /** Settles the choice once everything has been noted. */
  choose(): PlaneChoice {
    const all = new Set<number>();
    for (const planes of this.byCell.values()) for (const plane of planes) all.add(plane);
    const planes = [...all].sort((a, b) => a - b);
    const middle = planes[Math.floor(planes.length / 2)] ?? 0;
    const distance = (plane: number): number => Math.abs(plane - middle);
    const ofCell = new Map<string, number>();
    let elsewhere = 0;
    for (const [cellId, own] of this.byCell) {
      const plane = own.reduce((best, other) =>
        distance(other) < distance(best) || (distance(other) === distance(best) && other < best)
          ? other
          : best,
      );
      ofCell.set(cellId, plane);
      if (plane !== middle) elsewhere++;
    }
    return { planes, middle, elsewhere, ofCell };
  }
}

export interface PlaneChoice {
  /** All planes, ascending. */
  planes: number[];
  middle: number;
  /** Cells that are taken from another plane. */
  elsewhere: number;
  ofCell: ReadonlyMap<string, number>;
}

/** Says which plane a 2-D prior was taken from. */
export function planeFinding(
  origin: string,
  { planes, middle }: Pick<PlaneChoice, 'planes' | 'middle'>,
): Finding {
  return {
    level: 'info',
    code: 'PRIOR_PLANE',
    message: `${origin}: outlines of the middle plane z ${middle} are used (planes ${planes.join(', ')})`,
  };
}
