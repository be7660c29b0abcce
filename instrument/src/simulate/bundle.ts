import { join } from 'node:path';
import type { CellFeatureMatrix } from './cell-feature-matrix.ts';
import { gather, writeIds } from './gather.ts';
import type { SlideTotals } from './metrics-summary.ts';
import type { Panel } from './panel.ts';
import { polygonArea } from './star-ring.ts';
import { TableWriter } from './table-writer.ts';
import type { TranscriptBuffer } from './transcripts.ts';
import type { VendorNucleus } from './vendor.ts';
import type { VendorMap } from './vendor-map.ts';

const TRANSCRIPTS = {
  transcript_id: 'uint64',
  cell_id: 'code',
  overlaps_nucleus: 'uint8',
  feature_name: 'code',
  x_location: 'float32',
  y_location: 'float32',
  z_location: 'float32',
  qv: 'float32',
  fov_name: 'code',
  nucleus_distance: 'float32',
  codeword_index: 'int32',
  codeword_category: 'code',
  is_gene: 'bool',
} as const;

const BOUNDARIES = {
  cell_id: 'string',
  vertex_x: 'float32',
  vertex_y: 'float32',
  label_id: 'int32',
} as const;

const CELLS = {
  cell_id: 'string',
  x_centroid: 'float64',
  y_centroid: 'float64',
  transcript_counts: 'int64',
  control_probe_counts: 'int64',
  control_codeword_counts: 'int64',
  unassigned_codeword_counts: 'int64',
  total_counts: 'int64',
  cell_area: 'float64',
  nucleus_area: 'float64',
  nucleus_count: 'int64',
  segmentation_method: 'string',
} as const;

/** Columns of `Tally.counts`: genes, then the three kinds of controls. */
const KINDS = [
  'predesigned_gene',
  'negative_control_probe',
  'negative_control_codeword',
  'unassigned_codeword',
];
/** 10x counts only calls of at least this quality. */
const MIN_QV = 20;

/** What is known of a vendor cell; `counts` fills while transcripts of its block and the neighbouring ones come by. */
interface VendorCell {
  id: string;
  /** Place in `#ids`. */
  code: number;
  x: number;
  y: number;
  nucleusArea: number;
  area: number;
  counts: number[];
}

/** What the vendor says of a block's transcripts, in the order of the buffer. */
interface Assignment {
  cellCode: Uint32Array;
  distanceUm: Float32Array;
  inNucleus: Uint8Array;
}

function makeAssignment(length: number): Assignment {
  return {
    cellCode: new Uint32Array(length),
    distanceUm: new Float32Array(length),
    inNucleus: new Uint8Array(length),
  };
}

/** Writes the tables of a Xenium-shaped bundle, block by block. Memory grows with cells, not with transcripts. */
export class BundleTables {
  readonly #kinds: Uint8Array;
  readonly #matrix: CellFeatureMatrix;
  readonly #transcripts: TableWriter<typeof TRANSCRIPTS>;
  readonly #nuclei: TableWriter<typeof BOUNDARIES>;
  readonly #cells: TableWriter<typeof BOUNDARIES>;
  readonly #summary: TableWriter<typeof CELLS>;
  /** By id; ids sort by block and place. */
  readonly #vendorCells = new Map<string, VendorCell>();
  /** What `cell_id` and `fov_name` may say, by code. */
  readonly #ids = ['UNASSIGNED'];
  readonly #fovNames: string[] = [];
  #assignment = makeAssignment(0);
  #labels = 0;
  #decoded = 0;
  #highQuality = 0;

  constructor(folder: string, panel: Panel, matrix: CellFeatureMatrix) {
    this.#matrix = matrix;
    this.#kinds = Uint8Array.from(panel.categories, (category) => KINDS.indexOf(category));
    this.#transcripts = new TableWriter(join(folder, 'transcripts.parquet'), TRANSCRIPTS, {
      bounded: ['x_location', 'y_location'],
      texts: {
        cell_id: (code) => this.#ids[code],
        feature_name: (code) => panel.names[code],
        fov_name: (code) => this.#fovNames[code],
        codeword_category: (code) => KINDS[code],
      },
    });
    this.#nuclei = new TableWriter(join(folder, 'nucleus_boundaries.parquet'), BOUNDARIES);
    this.#cells = new TableWriter(join(folder, 'cell_boundaries.parquet'), BOUNDARIES);
    this.#summary = new TableWriter(join(folder, 'cells.parquet'), CELLS);
  }

  get vendorCells(): number {
    return this.#vendorCells.size;
  }

  /** Outlines of the map's nuclei that lie in a block. */
  outlines(block: number, nuclei: readonly VendorNucleus[], map: VendorMap): void {
    nuclei.forEach((nucleus, index) => {
      const cell = this.#vendorCell(nucleus);
      this.#matrix.cell(nucleus);
      if (nucleus.block !== block) return;
      const ring = map.cellRing(index);
      cell.area = polygonArea(ring);
      appendRing(this.#nuclei, nucleus.id, ++this.#labels, nucleus.ring);
      appendRing(this.#cells, nucleus.id, this.#labels, ring);
    });
  }

  /** A block's transcripts in the order `order`; ids are (block + 1) * 2^48 + place. */
  transcripts(
    block: number,
    fovName: string,
    buffer: TranscriptBuffer,
    order: Uint32Array,
    nuclei: readonly VendorNucleus[],
    map: VendorMap,
  ): void {
    const { columns } = this.#transcripts;
    const fov = this.#fovNames.push(fovName) - 1;
    this.#assign(buffer, nuclei, map);
    const { cellCode, distanceUm, inNucleus } = this.#assignment;
    this.#transcripts.fill(order.length, (from, count, at) => {
      writeIds(block, from, count, columns.transcript_id, at);
      gather(buffer.x, order, from, count, columns.x_location, at);
      gather(buffer.y, order, from, count, columns.y_location, at);
      gather(buffer.z, order, from, count, columns.z_location, at);
      gather(buffer.qv, order, from, count, columns.qv, at);
      gather(buffer.feature, order, from, count, columns.feature_name, at);
      columns.fov_name.fill(fov, at, at + count);
      gather(cellCode, order, from, count, columns.cell_id, at);
      gather(distanceUm, order, from, count, columns.nucleus_distance, at);
      gather(inNucleus, order, from, count, columns.overlaps_nucleus, at);
      this.#kindsOf(at, count);
    });
    this.#decoded += order.length;
  }

  /** Fills what follows from the feature. */
  #kindsOf(at: number, count: number): void {
    const { feature_name, codeword_index, codeword_category, is_gene, qv } = this.#transcripts.columns;
    const kinds = this.#kinds;
    for (let row = at; row < at + count; row++) {
      const kind = kinds[feature_name[row]];
      codeword_index[row] = feature_name[row];
      codeword_category[row] = kind;
      is_gene[row] = kind === 0 ? 1 : 0;
      if (kind === 0 && qv[row] >= MIN_QV) this.#highQuality++;
    }
  }

  /**
   * Finds what follows from the places of a block's transcripts, and counts the calls of each cell: in the order of birth,
   * in which places that follow each other are near each other.
   */
  #assign(buffer: TranscriptBuffer, nuclei: readonly VendorNucleus[], map: VendorMap): void {
    const assigned = new Assigned(nuclei, (nucleus) => this.#vendorCell(nucleus), this.#matrix);
    const { length, x, y, qv, feature } = buffer;
    if (length > this.#assignment.cellCode.length) this.#assignment = makeAssignment(x.length);
    const { cellCode, distanceUm, inNucleus } = this.#assignment;
    const { cells, distances } = map.locateAll(x, y, length);
    distanceUm.set(distances);
    for (let i = 0; i < length; i++) {
      inNucleus[i] = distances[i] === 0 ? 1 : 0;
      cellCode[i] = 0;
      if (cells[i] < 0) continue;
      const { cell, features } = assigned.at(cells[i]);
      cellCode[i] = cell.code;
      if (qv[i] < MIN_QV) continue;
      cell.counts[this.#kinds[feature[i]]]++;
      features.push(feature[i]);
    }
  }

  finish(): void {
    this.#transcripts.finish();
    this.#nuclei.finish();
    this.#cells.finish();
    for (const id of [...this.#vendorCells.keys()].sort()) this.#summarise(this.#vendorCells.get(id)!);
    this.#summary.finish();
  }

  /** Totals of what was written. */
  get totals(): Omit<SlideTotals, 'genesPerCell'> {
    const cells = [...this.#vendorCells.values()];
    return {
      decoded: this.#decoded,
      highQuality: this.#highQuality,
      cellArea: cells.reduce((sum, { area }) => sum + area, 0),
      transcriptsPerCell: cells.map(({ counts }) => counts[0]),
    };
  }

  #vendorCell(nucleus: VendorNucleus): VendorCell {
    let cell = this.#vendorCells.get(nucleus.id);
    if (!cell) {
      const { id, centreX: x, centreY: y, area: nucleusArea } = nucleus;
      cell = { id, code: this.#ids.push(id) - 1, x, y, nucleusArea, area: 0, counts: KINDS.map(() => 0) };
      this.#vendorCells.set(nucleus.id, cell);
    }
    return cell;
  }

  #summarise({ id, x, y, nucleusArea, area, counts }: VendorCell): void {
    const table = this.#summary;
    const { columns, at } = table;
    columns.cell_id[at] = id;
    columns.x_centroid[at] = x;
    columns.y_centroid[at] = y;
    columns.transcript_counts[at] = BigInt(counts[0]);
    columns.control_probe_counts[at] = BigInt(counts[1]);
    columns.control_codeword_counts[at] = BigInt(counts[2]);
    columns.unassigned_codeword_counts[at] = BigInt(counts[3]);
    columns.total_counts[at] = BigInt(counts[0] + counts[1] + counts[2] + counts[3]);
    columns.cell_area[at] = area;
    columns.nucleus_area[at] = nucleusArea;
    columns.nucleus_count[at] = 1n;
    columns.segmentation_method[at] = 'Segmented by nucleus expansion of 5.0µm';
    table.next();
  }
}

/** The vendor cells that a block's transcripts are assigned to, looked up once each, by the place in a list of nuclei. */
class Assigned {
  readonly #nuclei: readonly VendorNucleus[];
  readonly #cellOf: (nucleus: VendorNucleus) => VendorCell;
  readonly #matrix: CellFeatureMatrix;
  readonly #found: ({ cell: VendorCell; features: number[] } | undefined)[];

  constructor(
    nuclei: readonly VendorNucleus[],
    cellOf: (nucleus: VendorNucleus) => VendorCell,
    matrix: CellFeatureMatrix,
  ) {
    this.#nuclei = nuclei;
    this.#cellOf = cellOf;
    this.#matrix = matrix;
    this.#found = new Array(nuclei.length).fill(undefined);
  }

  /** The cell around a nucleus, and the features counted in it. */
  at(place: number): { cell: VendorCell; features: number[] } {
    const found = this.#found[place];
    if (found) return found;
    const nucleus = this.#nuclei[place];
    const made = { cell: this.#cellOf(nucleus), features: this.#matrix.featuresOf(nucleus) };
    this.#found[place] = made;
    return made;
  }
}

function appendRing(
  table: TableWriter<typeof BOUNDARIES>,
  id: string,
  label: number,
  ring: Float64Array,
): void {
  const { columns } = table;
  for (let k = 0; k <= ring.length; k += 2) {
    const from = k === ring.length ? 0 : k;
    columns.cell_id[table.at] = id;
    columns.vertex_x[table.at] = ring[from];
    columns.vertex_y[table.at] = ring[from + 1];
    columns.label_id[table.at] = label;
    table.next();
  }
}
