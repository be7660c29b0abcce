import type { LabelLine } from './runs.ts';

/** Pixels of one label that hang together by edges or corners. */
export interface Piece {
  label: number;
  areaPx: number;
  /** Smallest row * width + column of its pixels: names the piece, whatever the direction of the sweep. */
  firstPixel: number;
  /** Runs as triples (line, start, end), sorted; null when they were not asked for. */
  runs: number[] | null;
}

interface Growing extends Piece {
  /** Last line that touched it. */
  line: number;
  mergedInto: Growing | null;
}

function rootOf(piece: Growing): Growing {
  let root = piece;
  while (root.mergedInto !== null) root = root.mergedInto;
  // Shorten the way for the next question.
  for (let at = piece; at.mergedInto !== null; ) {
    const next: Growing = at.mergedInto;
    at.mergedInto = root;
    at = next;
  }
  return root;
}

function sortTriples(runs: number[]): number[] {
  const order = Array.from({ length: runs.length / 3 }, (_, i) => 3 * i);
  order.sort((a, b) => runs[a] - runs[b] || runs[a + 1] - runs[b + 1]);
  return order.flatMap((i) => [runs[i], runs[i + 1], runs[i + 2]]);
}

/**
 * Finds the pieces of a label image in one sweep over its lines. Only pieces that reach the last two lines are held, so
 * memory follows the cells along one line. Pieces come out in the order in which they end, which the image alone decides.
 */
export class LabelSweep {
  private readonly keepRuns: boolean;
  private readonly pixel: (line: number, place: number) => number;
  private index = -1;
  private above: { start: number[]; end: number[]; label: number[]; piece: Growing[] } = {
    start: [],
    end: [],
    label: [],
    piece: [],
  };

  /** `pixel` gives row * width + column of a place on a line. */
  constructor(keepRuns: boolean, pixel: (line: number, place: number) => number) {
    this.keepRuns = keepRuns;
    this.pixel = pixel;
  }

  /** Takes the next line; gives the pieces that ended above it. */
  next(line: LabelLine): Piece[] {
    this.index++;
    const above = this.above;
    const piece: Growing[] = [];
    let first = 0;
    for (let i = 0; i < line.label.length; i++) {
      const start = line.start[i];
      const end = line.end[i];
      while (first < above.label.length && above.end[first] < start) first++;
      let own: Growing | null = null;
      for (let k = first; k < above.label.length && above.start[k] <= end; k++) {
        if (above.label[k] !== line.label[i]) continue;
        const other = rootOf(above.piece[k]);
        own = own === null || own === other ? other : this.join(own, other);
      }
      piece.push(this.extend(own, start, end, line.label[i]));
    }
    const ended = this.endedAbove();
    this.above = { start: line.start.slice(), end: line.end.slice(), label: line.label.slice(), piece };
    return ended;
  }

  /** The pieces that reach the last line. */
  finish(): Piece[] {
    this.index++;
    const ended = this.endedAbove();
    this.above = { start: [], end: [], label: [], piece: [] };
    return ended;
  }

  private extend(piece: Growing | null, start: number, end: number, label: number): Growing {
    const firstPixel = this.pixel(this.index, start);
    const own: Growing = piece ?? {
      label,
      areaPx: 0,
      firstPixel,
      runs: this.keepRuns ? [] : null,
      line: this.index,
      mergedInto: null,
    };
    own.areaPx += end - start;
    own.firstPixel = Math.min(own.firstPixel, firstPixel);
    own.line = this.index;
    own.runs?.push(this.index, start, end);
    return own;
  }

  private join(a: Growing, b: Growing): Growing {
    const [into, from] = a.areaPx >= b.areaPx ? [a, b] : [b, a];
    into.areaPx += from.areaPx;
    into.firstPixel = Math.min(into.firstPixel, from.firstPixel);
    into.line = Math.max(into.line, from.line);
    for (const value of from.runs ?? []) into.runs?.push(value);
    from.runs = null;
    from.mergedInto = into;
    return into;
  }

  private endedAbove(): Piece[] {
    const ended: Piece[] = [];
    for (const piece of this.above.piece) {
      const root = rootOf(piece);
      // Negative lines mark pieces that were handed out.
      if (root.line < 0 || root.line >= this.index) continue;
      root.line = -1;
      ended.push({
        label: root.label,
        areaPx: root.areaPx,
        firstPixel: root.firstPixel,
        runs: root.runs === null ? null : sortTriples(root.runs),
      });
    }
    return ended;
  }
}
