import { writeFileSync } from 'node:fs';
import { RandomStream } from '@spatile/random/stream';
import type { Row } from './store.ts';

/** A made-up cell: where it is, how far its nucleus and the cell reach (discs), and how many transcripts it holds. */
export interface Blob {
  x: number;
  y: number;
  nucleusUm: number;
  cellUm: number;
  transcripts: number;
  type: number;
}

export interface SlideSpec {
  cells: readonly Blob[];
  /** Genes of the panel; a cell of type t has those with index % types = t, so neighbours of two types share none. */
  genes: number;
  types: number;
  /** Genes are drawn as index ~ u^skew: 1 = all alike, more = few common and many rare ones, as on real panels. */
  skew?: number;
  /** Scattered transcripts of any gene over `extent` [x0, y0, x1, y1]. */
  background?: { count: number; extent: [number, number, number, number] };
  z?: 'none' | 'constant' | 'deep';
  seed?: number;
}

/** A transcript with the cell that made it (0-based; -1 = background). */
export interface MadeRow extends Row {
  z: number;
  truth: number;
  nuclear: boolean;
}

/** Single precision, as slides hold coordinates. */
const single = Math.fround;

/** Transcripts evenly over the discs of the cells, and over the slide. */
export function makeRows(spec: SlideSpec): MadeRow[] {
  const stream = new RandomStream(spec.seed ?? 1, 'unusual-slide');
  const pick = (genes: number): number =>
    Math.floor(Math.max(1, genes) * stream.uniform() ** (spec.skew ?? 1));
  const depth = (): number => (spec.z === 'deep' ? single(8 * stream.uniform()) : 3);
  const rows: MadeRow[] = [];
  spec.cells.forEach(({ x, y, nucleusUm, cellUm, transcripts, type }, truth) => {
    const own = Math.ceil((spec.genes - type) / spec.types);
    for (let i = 0; i < transcripts; i++) {
      const radius = cellUm * Math.sqrt(stream.uniform());
      const angle = 2 * Math.PI * stream.uniform();
      rows.push({
        x: single(x + radius * Math.cos(angle)),
        y: single(y + radius * Math.sin(angle)),
        z: depth(),
        gene: `G${type + spec.types * pick(own)}`,
        truth,
        nuclear: radius < nucleusUm,
      });
    }
  });
  const { count, extent } = spec.background ?? { count: 0, extent: [0, 0, 1, 1] };
  for (let i = 0; i < count; i++) {
    rows.push({
      x: single(extent[0] + (extent[2] - extent[0]) * stream.uniform()),
      y: single(extent[1] + (extent[3] - extent[1]) * stream.uniform()),
      z: depth(),
      gene: `G${pick(spec.genes)}`,
      truth: -1,
      nuclear: false,
    });
  }
  return rows;
}

/** A grid of touching cells from (x0, y0), `pitchUm` apart, in chequered types. */
export function chequer(
  x0: number,
  y0: number,
  columns: number,
  rows: number,
  change: Partial<Blob> & { pitchUm?: number } = {},
): Blob[] {
  const { pitchUm = 14, ...rest } = change;
  return Array.from({ length: columns * rows }, (_, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const [x, y] = [x0 + (column + 0.5) * pitchUm, y0 + (row + 0.5) * pitchUm];
    return { x, y, nucleusUm: 3, cellUm: 6.5, transcripts: 40, type: (column + row) % 2, ...rest };
  });
}

/** Writes the transcript table; column `cell` holds the truth where `known` says so. */
export function writeTable(
  file: string,
  rows: readonly MadeRow[],
  known: (row: MadeRow) => boolean = () => false,
): string {
  const lines = rows.map((row) => {
    const cell = row.truth >= 0 && known(row) ? `c${row.truth}` : '';
    return `${row.x},${row.y},${row.z},${row.gene},${cell},${row.nuclear ? 1 : 0}`;
  });
  writeFileSync(file, `x,y,z,gene,cell,nuclear\n${lines.join('\n')}\n`);
  return file;
}

/** Writes discs of cells (`nucleusUm` or `cellUm`) as GeoJSON with the ids `c0`, `c1`, ... */
export function writeOutlines(file: string, cells: readonly Blob[], radius: (cell: Blob) => number): string {
  const features = cells.flatMap((cell, i) => {
    const r = radius(cell);
    if (r <= 0) return [];
    const ring = Array.from({ length: 25 }, (_, k) => [
      cell.x + r * Math.cos((Math.PI * (k % 24)) / 12),
      cell.y + r * Math.sin((Math.PI * (k % 24)) / 12),
    ]);
    return [
      {
        type: 'Feature',
        id: `c${i}`,
        geometry: { type: 'Polygon', coordinates: [ring] },
        properties: {},
      },
    ];
  });
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }));
  return file;
}

/** The rows by the id that a plain table gives them: the row number. */
export const byId = (rows: readonly MadeRow[]): Map<bigint, MadeRow> =>
  new Map(rows.map((row, i) => [BigInt(i), row]));
