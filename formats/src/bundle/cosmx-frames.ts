import { openCsv } from '../csv/file.ts';
import { SpatileError } from '../errors.ts';
import type { TableFile } from '../tabular/columns.ts';

/** Where local pixels of a field of view lie: x = left + x_local, y = zero + direction * y_local, all in global pixels. */
export interface FieldFrame {
  left: number;
  zero: number;
  direction: 1 | -1;
}

/** A transcript of a field, local pixels. */
export interface FieldTranscript {
  x: number;
  y: number;
  cell: number;
}

/** Frames by field of view, and some transcripts of the fields that were looked at. */
export interface FieldFrames {
  frameOf: (fov: number) => FieldFrame | null;
  direction: 1 | -1;
  seen: ReadonlyMap<number, readonly FieldTranscript[]>;
}

const ROWS = 1 << 16;
/** Transcripts that are kept of a field, and fields of which any are. */
const KEPT = 4000;
const KEPT_FIELDS = 4;
/** More fields of view than any slide has. */
const MAX_FIELDS = 2 ** 16;
/** Pixels that shifts within a field, and between fields, may differ. */
const TOLERANCE_PX = 2;
const LOCAL = ['x_local_px', 'y_local_px'];

/**
 * Frames of the fields of view of a CosMx slide. Which way local y runs, and where a field lies, differs between exports and is
 * written nowhere, so both come from transcripts, which have local and global pixels; the positions file says it for all fields
 * once some have told how it counts. Without that file all transcripts are read.
 *
 * @param positions path of `*_fov_positions_file.csv`; null without one. @param pixelSizeUm for positions in mm.
 * Errors: `INPUT_MISSING` when nothing says where fields lie, `METADATA_INVALID` when what says it contradicts itself.
 */
export async function fieldFrames(
  transcripts: TableFile,
  positions: string | null,
  pixelSizeUm: number,
): Promise<FieldFrames> {
  const listed = positions === null ? null : await readPositions(positions, pixelSizeUm);
  const local = LOCAL.every((name) => transcripts.columns.some((column) => column.name === name));
  if (listed === null && !local) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${transcripts.path}: nothing says where the fields of view lie (no local pixels, and no *_fov_positions_file.csv beside it); expected one of the two; export the slide with both`,
      { fields: { file: transcripts.path } },
    );
  }
  if (!local) return { frameOf: (fov) => frame(listed!.get(fov), 1), direction: 1, seen: new Map() };
  const { shifts, seen } = await readShifts(transcripts, listed === null);
  const direction = directionOf(transcripts.path, shifts);
  const told = new Map([...shifts].map(([fov, shift]) => [fov, shift.at(direction)]));
  const beside = listed === null ? null : shiftOfPositions(positions!, listed, told);
  return {
    direction,
    seen,
    frameOf: (fov) => {
      const place = listed?.get(fov);
      if (place === undefined || beside === null) return frame(told.get(fov), direction);
      return frame({ x: place.x + beside.x, y: place.y + beside.y }, direction);
    },
  };
}

interface Place {
  x: number;
  y: number;
}

const frame = (place: Place | undefined, direction: 1 | -1): FieldFrame | null =>
  place === undefined ? null : { left: place.x, zero: place.y, direction };

/** Upper or lower left corners of fields in global pixels, as the file counts them. */
async function readPositions(path: string, pixelSizeUm: number): Promise<Map<number, Place>> {
  const table = await openCsv(path);
  const first = (names: string[]): string | undefined =>
    names.find((name) => table.columns.some((column) => column.name === name));
  const fov = first(['fov', 'FOV']);
  const x = first(['x_global_px', 'x_global_mm', 'x_mm']);
  const y = first(['y_global_px', 'y_global_mm', 'y_mm']);
  if (fov === undefined || x === undefined || y === undefined) {
    throw new SpatileError(
      'COLUMN_MISSING',
      `${path}: no column for ${fov === undefined ? 'the number' : 'the place'} of a field of view (it has ${table.columns.map(({ name }) => name).join(', ')}); expected fov, x_global_px and y_global_px, or mm; export it again`,
      { fields: { file: path } },
    );
  }
  const scaleOf = (name: string): number => (name.endsWith('_mm') ? 1000 / pixelSizeUm : 1);
  const requests = [
    { name: fov, as: 'float32', scale: 1 },
    { name: x, as: 'float32', scale: scaleOf(x) },
    { name: y, as: 'float32', scale: scaleOf(y) },
  ] as const;
  const places = new Map<number, Place>();
  for await (const { columns, length } of table.batches(requests, ROWS))
    for (let i = 0; i < length; i++) {
      const place = { x: Number(columns[1][i]), y: Number(columns[2][i]) };
      if (Number.isFinite(place.x) && Number.isFinite(place.y)) places.set(Number(columns[0][i]), place);
    }
  return places;
}

/** Range of what is to be added to local pixels of one field, y for both directions. */
class Shift {
  readonly #low = [Infinity, Infinity, Infinity];
  readonly #high = [-Infinity, -Infinity, -Infinity];

  add(x: number, up: number, down: number): void {
    this.#widen(0, x);
    this.#widen(1, up);
    this.#widen(2, down);
  }

  #widen(k: number, value: number): void {
    if (value < this.#low[k]) this.#low[k] = value;
    if (value > this.#high[k]) this.#high[k] = value;
  }

  /** Largest difference within the field. */
  spread(direction: 1 | -1): number {
    const k = direction === 1 ? 1 : 2;
    return Math.max(this.#high[0] - this.#low[0], this.#high[k] - this.#low[k]);
  }

  at(direction: 1 | -1): Place {
    const k = direction === 1 ? 1 : 2;
    return { x: (this.#low[0] + this.#high[0]) / 2, y: (this.#low[k] + this.#high[k]) / 2 };
  }
}

async function readShifts(
  table: TableFile,
  all: boolean,
): Promise<{ shifts: Map<number, Shift>; seen: Map<number, FieldTranscript[]> }> {
  const cells = table.columns.some(({ name }) => name === 'cell_ID');
  const names = ['fov', ...LOCAL, 'x_global_px', 'y_global_px', ...(cells ? ['cell_ID'] : [])];
  const requests = names.map((name) => ({ name, as: 'float32', scale: 1 }) as const);
  const shifts = new Map<number, Shift>();
  const seen = new Map<number, FieldTranscript[]>();
  for await (const { columns, length } of table.batches(requests, ROWS)) {
    for (let i = 0; i < length; i++) {
      const fov = Number(columns[0][i]);
      const x = Number(columns[1][i]);
      const y = Number(columns[2][i]);
      const globalX = Number(columns[3][i]);
      const globalY = Number(columns[4][i]);
      if (!Number.isFinite(fov + x + y + globalX + globalY)) continue;
      let shift = shifts.get(fov);
      if (shift === undefined) {
        if (shifts.size === MAX_FIELDS) throw tooManyFields(table.path);
        shift = new Shift();
        shifts.set(fov, shift);
      }
      shift.add(globalX - x, globalY - y, globalY + y);
      const kept = seen.get(fov) ?? (seen.size < KEPT_FIELDS ? [] : null);
      if (kept === null || kept.length === KEPT) continue;
      seen.set(fov, kept);
      kept.push({ x, y, cell: cells ? Number(columns[5][i]) : 0 });
    }
    if (!all && length > 0) break;
  }
  return { shifts, seen };
}

const tooManyFields = (path: string): SpatileError =>
  new SpatileError(
    'METADATA_INVALID',
    `${path}: its column fov holds more than ${MAX_FIELDS} different values; expected the numbers of fields of view; check the column`,
    { fields: { file: path } },
  );

function directionOf(path: string, shifts: ReadonlyMap<number, Shift>): 1 | -1 {
  const worst = (direction: 1 | -1): [number, number] =>
    [...shifts].reduce<[number, number]>(
      (most, [fov, shift]) => (shift.spread(direction) > most[1] ? [fov, shift.spread(direction)] : most),
      [0, 0],
    );
  const [up, down] = [worst(1), worst(-1)];
  const direction = up[1] <= down[1] ? 1 : -1;
  const [fov, spread] = direction === 1 ? up : down;
  if (spread <= TOLERANCE_PX) return direction;
  throw new SpatileError(
    'METADATA_INVALID',
    `${path}: local and global pixels of field ${fov} do not differ by a shift (by ${spread.toFixed(0)} pixels more for some transcripts); expected one shift for a field; export the slide again`,
    { fields: { file: path, fov } },
  );
}

/** What the positions of fields lack: the same for all fields. */
function shiftOfPositions(
  path: string,
  listed: ReadonlyMap<number, Place>,
  told: ReadonlyMap<number, Place>,
): Place | null {
  let first: (Place & { fov: number }) | null = null;
  for (const [fov, { x, y }] of told) {
    const place = listed.get(fov);
    if (place === undefined) continue;
    const off = { x: x - place.x, y: y - place.y, fov };
    first ??= off;
    const far = Math.max(Math.abs(off.x - first.x), Math.abs(off.y - first.y));
    if (far <= TOLERANCE_PX) continue;
    throw new SpatileError(
      'METADATA_INVALID',
      `${path}: it places field ${fov} ${far.toFixed(0)} pixels away from its transcripts, measured by those of field ${first.fov}; expected positions that fit the transcripts; check that both files are of one export and set input.cosmxPixelSizeUm`,
      { fields: { file: path, fov } },
    );
  }
  return first;
}
