import { checkPixelShape, type PixelMemory } from './bind-pixels.ts';

/** Binds the steps that turn a label image into outlines; the fields of `Slots` in `assembly/outline-slots.ts`, in their order. */
export const OUTLINE_COUNTS = [
  'rows',
  'columns',
  'width',
  'labels',
  'turns',
  'meetings',
  'arcs',
  'rings',
  'ringArcs',
  'corners',
  'points',
  'longest',
  'tableSize',
  'across',
  'down',
  'entries',
] as const;
export const OUTLINE_ARRAYS = [
  'framed',
  'marks',
  'path',
  'leaving',
  'nodes',
  'corner',
  'arc',
  'ring',
  'ringArc',
  'table',
  'best',
  'traced',
  'kept',
  'keep',
  'spans',
  'cellStart',
  'entry',
] as const;

type Count = (typeof OUTLINE_COUNTS)[number];
type ArrayName = (typeof OUTLINE_ARRAYS)[number];

/** Fields of an arc and of a ring, 4 bytes each. */
const RECORD = 8;
const ARC = { firstPoint: 4, kept: 6 };
const RING = { firstArc: 1, arcs: 2 };
/** Edge of the squares in which crossings are looked up, in half pixels. */
const SQUARE = 8;

/**
 * Outlines of labels 1..`count`, interleaved x, y in pixels, closed; empty for a label without one. What they are says
 * `reference/outlines.ts`. Memory: 5 bytes per pixel and about 100 per corner of a border.
 *
 * @param labels rows x columns. Errors: RangeError for shapes that `checkPixelShape` refuses.
 */
export function outlineLabels(
  memory: PixelMemory,
  labels: Int32Array,
  rows: number,
  columns: number,
  count: number,
  tolerancePx: number,
): Float64Array[] {
  const width = columns + 2;
  checkPixelShape(rows + 2, width);
  const { kernel } = memory;
  const pixels = width * (rows + 2);
  const { slots, ...first } = memory.reserve({
    slots: 4 * (OUTLINE_COUNTS.length + OUTLINE_ARRAYS.length),
    framed: 4 * pixels,
    marks: pixels,
    best: 4 * (count + 1),
  });
  const header = new Header(memory, slots);
  header.set({ rows, columns, width, labels: count });
  header.place(first);
  const framed = memory.integers(first.framed, pixels).fill(0);
  for (let y = 0; y < rows; y++)
    framed.set(labels.subarray(y * columns, (y + 1) * columns), (y + 1) * width + 1);
  kernel.countTurns(slots);
  layBorders(memory, header);
  kernel.traceBorders(slots);
  kernel.chooseOutlines(slots);
  kernel.countPoints(slots);
  const [points, longest] = [header.get('points'), header.get('longest')];
  header.place(
    memory.behind({ traced: 8 * points, kept: 8 * points, keep: longest, spans: 8 * (longest + 2) }),
  );
  kernel.drawLines(slots, tolerancePx);
  separate(memory, header, rows, columns);
  return joinRings(memory, header, count);
}

/** Lays out borders: a border has four turns or more, an open arc two passes of a meeting. */
function layBorders(memory: PixelMemory, header: Header): void {
  const [turns, meetings] = [header.get('turns'), header.get('meetings')];
  const tableSize = 2 ** Math.ceil(Math.log2(2 * meetings + 2));
  header.set({ tableSize });
  header.place(
    memory.behind({
      path: 4 * turns,
      leaving: turns,
      nodes: 4 * meetings,
      corner: 4 * (turns + meetings),
      arc: 4 * RECORD * (meetings + Math.ceil(turns / 4)),
      ring: 4 * RECORD * Math.ceil(turns / 4),
      ringArc: 4 * (meetings + Math.ceil(turns / 4)),
      table: 8 * tableSize,
    }),
  );
}

/** Gives simplified lines that cross their form as traced, until none do. */
function separate(memory: PixelMemory, header: Header, rows: number, columns: number): void {
  const { kernel } = memory;
  const across = Math.floor((2 * columns) / SQUARE) + 1;
  const down = Math.floor((2 * rows) / SQUARE) + 1;
  header.set({ across, down });
  const squares = memory.behind({ cellStart: 4 * (across * down + 2) });
  header.place(squares);
  let room = -1;
  do {
    kernel.countSegments(header.at);
    const needed = 8 * header.get('entries');
    if (needed > room) {
      // Restored lines have some segments more.
      room = Math.ceil(needed * 1.125);
      header.place(memory.behind({ entry: room }));
    }
  } while (kernel.restoreCrossing(header.at) > 0);
}

function joinRings(memory: PixelMemory, header: Header, count: number): Float64Array[] {
  const best = memory.integers(header.where('best'), count + 1);
  const rings = memory.integers(header.where('ring'), RECORD * header.get('rings'));
  const entries = memory.integers(header.where('ringArc'), header.get('ringArcs'));
  const arcs = memory.integers(header.where('arc'), RECORD * header.get('arcs'));
  const kept = memory.integers(header.where('kept'), 2 * header.get('points'));
  return Array.from({ length: count }, (_, i) => {
    if (best[i + 1] < 0) return new Float64Array();
    const ring = RECORD * best[i + 1];
    const from = rings[ring + RING.firstArc];
    const own = entries.subarray(from, from + rings[ring + RING.arcs]);
    let points = 1;
    for (const entry of own) points += arcs[RECORD * arcNumber(entry) + ARC.kept] - 1;
    const line = new Float64Array(2 * points);
    let to = 0;
    for (const entry of own) {
      const arc = RECORD * arcNumber(entry);
      const [first, n] = [arcs[arc + ARC.firstPoint], arcs[arc + ARC.kept]];
      for (let k = 0; k < n - 1; k++) {
        const at = 2 * (first + (entry < 0 ? n - 1 - k : k));
        line[to++] = kept[at] / 2;
        line[to++] = kept[at + 1] / 2;
      }
    }
    line[to] = line[0];
    line[to + 1] = line[1];
    return line;
  });
}

const arcNumber = (entry: number): number => (entry < 0 ? ~entry : entry);

/** The fields of `Slots`, which lie in the linear memory. */
class Header {
  readonly at: number;
  readonly #memory: PixelMemory;

  constructor(memory: PixelMemory, at: number) {
    this.#memory = memory;
    this.at = at;
  }

  get #fields(): Int32Array {
    return this.#memory.integers(this.at, OUTLINE_COUNTS.length + OUTLINE_ARRAYS.length);
  }

  get(name: Count): number {
    return this.#fields[OUTLINE_COUNTS.indexOf(name)];
  }

  /** Address of an array. */
  where(name: ArrayName): number {
    return this.#fields[OUTLINE_COUNTS.length + OUTLINE_ARRAYS.indexOf(name)] >>> 0;
  }

  set(counts: Partial<Record<Count, number>>): void {
    for (const [name, value] of Object.entries(counts))
      this.#fields[OUTLINE_COUNTS.indexOf(name as Count)] = value;
  }

  place(arrays: Partial<Record<ArrayName, number>>): void {
    for (const [name, value] of Object.entries(arrays))
      this.#fields[OUTLINE_COUNTS.length + OUTLINE_ARRAYS.indexOf(name as ArrayName)] = value;
  }
}
