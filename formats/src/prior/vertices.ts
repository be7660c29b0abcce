import type { PriorOutline } from '../bundle/slide.ts';
import { SpatileError } from '../errors.ts';
import type { ColumnRequest, TableFile } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import type { Tally } from './tally.ts';
import { usableRings } from './usable-rings.ts';

/** Which columns of a long table of vertices (one row per vertex, the vertices of a ring in consecutive rows) are what. */
export interface VertexColumns {
  /** Name the cell; the texts of several columns are joined by `_`. */
  cell: readonly string[];
  /** Tells the rings of one cell apart; null when a ring ends only with its cell or where it closes. */
  ring: string | null;
  /** `scaleUm`: microns per unit; negative where the axis of the file runs the other way. */
  x: { name: string; scaleUm: number };
  y: { name: string; scaleUm: number };
  /** Texts of the last cell column that mean no cell. */
  none: readonly string[];
}

const ROWS_PER_BATCH = 1 << 16;
/** Vendors write some ten to some hundred; without a bound a table of one id would be held whole. */
const MAX_CELL_VERTICES = 1 << 22;

/**
 * Outlines of a vertex table in microns, one for every run of rows of one cell, while holding one batch of rows.
 * A ring ends where the ring column changes and where it returns to its first vertex: early Xenium 2.0 bundles
 * put several nuclei of a cell one behind the other without saying so. The columns must have been checked.
 */
export async function* vertexOutlines(
  table: TableFile,
  columns: VertexColumns,
  tally: Tally,
): AsyncGenerator<PriorOutline> {
  const cellTexts = columns.cell.map(() => new TextTable());
  const ringTexts = columns.ring === null ? [] : [new TextTable()];
  const requests: ColumnRequest[] = [
    { name: columns.x.name, as: 'float32', scale: columns.x.scaleUm },
    { name: columns.y.name, as: 'float32', scale: columns.y.scaleUm },
    ...columns.cell.map((name, i): ColumnRequest => ({ name, as: 'code', table: cellTexts[i] })),
    ...ringTexts.map((texts): ColumnRequest => ({ name: columns.ring!, as: 'code', table: texts })),
  ];
  const run = new Run(table.path, columns, cellTexts, tally);
  for await (const batch of table.batches(requests, ROWS_PER_BATCH)) {
    const [x, y] = batch.columns as Float32Array[];
    const cells = batch.columns.slice(2, 2 + columns.cell.length) as Uint32Array[];
    const ring = columns.ring === null ? null : (batch.columns[batch.columns.length - 1] as Uint32Array);
    for (let row = 0; row < batch.length; row++) {
      const ended = run.enter(cells, ring, row);
      if (ended !== null) yield ended;
      run.add(x[row], y[row]);
    }
  }
  const last = run.end();
  if (last !== null) yield last;
}

/** The cell under way. */
class Run {
  private readonly path: string;
  private readonly none: ReadonlySet<string>;
  private readonly texts: TextTable[];
  private readonly tally: Tally;
  private readonly codes: number[];
  private ringCode = -1;
  private started = false;
  private rings: Float64Array[] = [];
  private points: number[] = [];
  private closed = false;
  private vertices = 0;

  constructor(path: string, columns: VertexColumns, texts: TextTable[], tally: Tally) {
    this.path = path;
    this.none = new Set(columns.none);
    this.texts = texts;
    this.tally = tally;
    this.codes = texts.map(() => -1);
  }

  /** Moves to the cell and ring of a row; gives the outline of the cell that ended before it. */
  enter(cells: readonly Uint32Array[], ring: Uint32Array | null, row: number): PriorOutline | null {
    let same = this.started;
    for (let i = 0; i < cells.length; i++) if (cells[i][row] !== this.codes[i]) same = false;
    const ended = same ? null : this.end();
    if (!same) {
      this.started = true;
      for (let i = 0; i < cells.length; i++) this.codes[i] = cells[i][row];
    } else if (ring !== null && ring[row] !== this.ringCode) {
      this.endRing();
    }
    if (ring !== null) this.ringCode = ring[row];
    return ended;
  }

  add(x: number, y: number): void {
    const { points } = this;
    if (++this.vertices > MAX_CELL_VERTICES) throw this.tooLong();
    if (this.closed) {
      // Padding repeats the closing vertex; it starts no ring.
      if (x === points[0] && y === points[1]) return;
      this.endRing();
      this.points.push(x, y);
      return;
    }
    points.push(x, y);
    this.closed = points.length > 4 && x === points[0] && y === points[1];
  }

  /** Ends the cell; null when it has no name or no usable ring. */
  end(): PriorOutline | null {
    if (!this.started) return null;
    this.endRing();
    const rings = this.rings;
    const vertices = this.vertices;
    this.rings = [];
    this.vertices = 0;
    const names = this.codes.map((code, i) => this.texts[i].names[code]);
    const last = names[names.length - 1];
    if (last === '') this.tally.add('PRIOR_NO_ID', vertices);
    if (last === '' || this.none.has(last)) return null;
    const usable = usableRings(rings, this.tally);
    return usable.length === 0 ? null : { cellId: names.join('_'), rings: usable };
  }

  private endRing(): void {
    if (this.points.length > 0) this.rings.push(Float64Array.from(this.points));
    this.points = [];
    this.closed = false;
  }

  private tooLong(): SpatileError {
    return new SpatileError(
      'PRIOR_INVALID',
      `${this.path}: more than ${MAX_CELL_VERTICES} consecutive vertices belong to one cell; expected one polygon or a few per cell; check the ids of the cells`,
      { fields: { file: this.path } },
    );
  }
}
