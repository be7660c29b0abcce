import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gather, writeIds } from './gather.ts';
import type { Settings } from './options.ts';
import type { Panel } from './panel.ts';
import type { StarRing } from './star-ring.ts';
import { TableWriter } from './table-writer.ts';
import type { Cell } from './tissue.ts';
import type { TranscriptBuffer } from './transcripts.ts';
import { writing } from './write-errors.ts';

/** `truth/transcripts.parquet`: one row per transcript of the bundle, in its order. */
const TRANSCRIPTS = {
  transcript_id: 'uint64',
  /** Cell of origin; 0 = background. */
  cell: 'int32',
  /** Index into the features of `panel.json`: genes first, then controls. */
  feature: 'int32',
  born_x: 'float32',
  born_y: 'float32',
  qv: 'float32',
  /** 1 = left its place by the leak. */
  displaced: 'uint8',
  /** 1 = the observed place lies outside the ground of the cell of origin, at whatever height. */
  outside: 'uint8',
} as const;

const CELLS = {
  cell: 'int32',
  type: 'string',
  seed_x: 'float64',
  seed_y: 'float64',
  /** 0, or 1 for the cells that lie over those of layer 0. */
  layer: 'int32',
  /** How many; place (NaN without) of the first and area of all. */
  nuclei: 'int32',
  nucleus_x: 'float64',
  nucleus_y: 'float64',
  nucleus_area: 'float64',
  area: 'float64',
  transcripts: 'int32',
} as const;

const POLYGONS = { cell: 'int32', geometry: 'bytes' } as const;
const GEO = JSON.stringify({
  version: '1.0.0',
  primary_column: 'geometry',
  columns: { geometry: { encoding: 'WKB', crs: null, geometry_types: ['Polygon'] } },
});

/** Writes what was simulated beside the bundle. Cells are numbered from 1 in order of block, seed y and seed x. */
export class TruthTables {
  readonly #folder: string;
  readonly #typeNames: readonly string[];
  readonly #transcripts: TableWriter<typeof TRANSCRIPTS>;
  readonly #cells: TableWriter<typeof CELLS>;
  readonly #polygons: TableWriter<typeof POLYGONS>;
  readonly #nuclei: TableWriter<typeof POLYGONS>;
  cells = 0;

  constructor(folder: string, typeNames: readonly string[]) {
    this.#folder = folder;
    this.#typeNames = typeNames;
    this.#transcripts = new TableWriter(join(folder, 'transcripts.parquet'), TRANSCRIPTS);
    this.#cells = new TableWriter(join(folder, 'cells.parquet'), CELLS);
    const options = { metadata: { geo: GEO }, rowsPerGroup: 20_000 };
    this.#polygons = new TableWriter(join(folder, 'cell_polygons.parquet'), POLYGONS, options);
    this.#nuclei = new TableWriter(join(folder, 'nucleus_polygons.parquet'), POLYGONS, options);
  }

  /** A block's transcripts in the order `order` (as in the bundle) and its cells. */
  block(block: number, cells: readonly Cell[], buffer: TranscriptBuffer, order: Uint32Array): void {
    const { columns } = this.#transcripts;
    const counts = new Int32Array(cells.length + 1);
    this.#transcripts.fill(order.length, (from, count, at) => {
      writeIds(block, from, count, columns.transcript_id, at);
      gather(buffer.bornX, order, from, count, columns.born_x, at);
      gather(buffer.bornY, order, from, count, columns.born_y, at);
      gather(buffer.qv, order, from, count, columns.qv, at);
      gather(buffer.displaced, order, from, count, columns.displaced, at);
      gather(buffer.outside, order, from, count, columns.outside, at);
      const { cell, feature } = columns;
      for (let k = 0; k < count; k++) {
        const i = order[from + k];
        const label = buffer.cell[i];
        counts[label]++;
        feature[at + k] = buffer.feature[i];
        cell[at + k] = label === 0 ? 0 : this.cells + label;
      }
    });
    cells.forEach((cell, i) => {
      this.#cell(cell, this.#typeNames[buffer.typeOf[i]], counts[i + 1]);
    });
  }

  #cell(cell: Cell, type: string, transcripts: number): void {
    this.cells++;
    const { columns, at } = this.#cells;
    columns.cell[at] = this.cells;
    columns.type[at] = type;
    columns.seed_x[at] = cell.body.centreX;
    columns.seed_y[at] = cell.body.centreY;
    columns.layer[at] = cell.layer;
    columns.nuclei[at] = cell.nuclei.length;
    columns.nucleus_x[at] = cell.nuclei[0]?.centreX ?? Number.NaN;
    columns.nucleus_y[at] = cell.nuclei[0]?.centreY ?? Number.NaN;
    columns.nucleus_area[at] = cell.nuclei.reduce((sum, { area }) => sum + area, 0);
    columns.area[at] = cell.body.area;
    columns.transcripts[at] = transcripts;
    this.#cells.next();
    this.#polygon(this.#polygons, cell.body);
    for (const nucleus of cell.nuclei) this.#polygon(this.#nuclei, nucleus);
  }

  #polygon(table: TableWriter<typeof POLYGONS>, ring: StarRing): void {
    table.columns.cell[table.at] = this.cells;
    table.columns.geometry[table.at] = polygonWkb(ring);
    table.next();
  }

  /** Closes the tables and writes `panel.json` and `simulation.json`. */
  finish(settings: Settings, panel: Panel): void {
    this.#transcripts.finish();
    this.#cells.finish();
    this.#polygons.finish();
    this.#nuclei.finish();
    const features = panel.names.map((name, i) => ({
      name,
      kind: panel.categories[i],
      markerOf: i < panel.genes && panel.markerOf[i] >= 0 ? panel.typeNames[panel.markerOf[i]] : null,
    }));
    this.#json('panel.json', { genes: panel.genes, features });
    this.#json('simulation.json', { ...settings, cells: this.cells });
  }

  #json(name: string, value: unknown): void {
    const path = join(this.#folder, name);
    writing(path, () => writeFileSync(path, `${JSON.stringify(value, null, 1)}\n`));
  }
}

/** Little-endian well-known binary of a ring. */
function polygonWkb({ vertices }: StarRing): Uint8Array {
  const bytes = new Uint8Array(13 + 8 * (vertices.length + 2));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint32(1, 3, true);
  view.setUint32(5, 1, true);
  view.setUint32(9, vertices.length / 2 + 1, true);
  for (let k = 0; k < vertices.length + 2; k++)
    view.setFloat64(13 + 8 * k, vertices[k % vertices.length], true);
  return bytes;
}
