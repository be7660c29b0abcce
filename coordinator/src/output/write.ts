import type { ImageSource } from '@spatile/formats/bundle/slide';
import type { Affine } from '@spatile/formats/space';
import { settled } from '@spatile/formats/spatialdata/settled';
import {
  createSpatialData,
  type EarlyPoints,
  type Encoders,
  type PointCells,
  type PointsBatch,
  type PointsSpec,
  type ShapesBatch,
  type SpatialDataWriter,
  type TableColumn,
  type TableSpec,
} from '@spatile/formats/spatialdata/write';
import type { TileState } from '@spatile/formats/tile/state';
import type { TileStates } from '../assign/states.ts';
import { priorCells } from '../cells/discovered.ts';
import type { Corrections } from '../correct/annotations.ts';
import { withCorrections } from '../correct/run-stage.ts';
import { columnsWithin } from '../partition/columns.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import type { RunStore } from '../run/store.ts';
import { segmentColumns } from '../segment/columns.ts';
import type { Segmented } from '../segment/round.ts';
import { borderDistanceUm } from './border-distance.ts';
import type { OutlinedCells } from './cells.ts';
import { normalInterval } from './interval.ts';
import type { LabelGrid } from './label-images.ts';
import { layerShapes } from './layer-shapes.ts';
import { nucleusWkb } from './nuclei.ts';
import { columnsSpec, controlFlags, ROWS_PER_GROUP } from './points-spec.ts';
import type { OutputPosterior } from './posterior-job.ts';
import type { SlideTally } from './tally.ts';
import { writeLabels } from './write-labels.ts';

const SHAPES_BATCH = 5000;

export interface OutputInput {
  path: string;
  slide: SlideContext;
  store: RunStore;
  regions: RegionReader;
  states: TileStates;
  outlines: OutlinedCells;
  tally: SlideTally;
  /** Transcripts of each tile. */
  transcripts: Uint32Array;
  /** Columns of transcripts that were encoded before; null for none. */
  early: EarlyPoints | null;
  /** Slide cells (1-based, ascending) that make up the output: rows of the table, outlines, names in the points. */
  kept: Uint32Array;
  /** Counts of genes of the kept cells: `keptCounts`. */
  counts: Csr;
  /** What the correct stage adds to the table; null without one. */
  corrections: Corrections | null;
  components: Uint16Array;
  /** What the run found in the images; null when it went by a prior segmentation. */
  segmented?: Segmented | null;
  /** Null for methods that draw no samples; waited for when the table is written. */
  posterior: Promise<OutputPosterior | null>;
  images: ImageSource[];
  /** Pixels on which cells and nuclei are written as labels; null to leave that out. */
  labelGrid?: LabelGrid | null;
  pixelSizeUm: number | null;
  micronsToGlobal: Affine;
  attrs: Record<string, unknown>;
  hasQv: boolean;
  onRows: (rows: number) => void;
  /** Who encodes columns and chunks. */
  encoders: Encoders;
}

/** Name of slide cell k in every element of the output. */
const cellName = (cell: number): string => `cell-${cell}`;

/**
 * Writes the SpatialData Zarr of a settled run: points in order of (tile, input row), cells in order of their number.
 * @returns digest and bytes of the store, and the number of nuclei that could not be written as polygons.
 */
export async function writeOutput(
  input: OutputInput,
): Promise<{ digest: string; bytes: number; nucleiDropped: number }> {
  const writer = await createSpatialData(input.path, {
    attrs: input.attrs,
    pixelSizeUm: input.pixelSizeUm,
    micronsToGlobal: input.micronsToGlobal,
    encoders: input.encoders,
  });
  try {
    for (const image of input.images) await writer.image(image.name, image);
    if (input.labelGrid) await writeLabels(writer, input.labelGrid, input);
    const nuclei = { dropped: 0 };
    const begun = new Begun();
    await settled([
      // Also when it fails before it asks for a point.
      writer.points('transcripts', pointsSpec(input), points(input, begun)).finally(begun.say),
      begun.promise.then(() => writeVectors(writer, input, nuclei)),
    ]);
    return { ...(await writer.finish()), nucleiDropped: nuclei.dropped };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Shapes and table: what there is of cells, side by side. */
async function writeVectors(
  writer: SpatialDataWriter,
  input: OutputInput,
  nuclei: { dropped: number },
): Promise<void> {
  await settled([
    writer.shapes('cell_boundaries', cellShapes(input)),
    ...(input.slide.config.output.layers ? [writer.shapes('cell_boundaries_layers', layersOf(input))] : []),
    writer.shapes('nucleus_boundaries', nucleusShapes(input, nuclei)),
    writeTable(writer, input),
  ]);
}

async function writeTable(writer: SpatialDataWriter, input: OutputInput): Promise<void> {
  if (input.kept.length > 0)
    await writer.table('table', withCorrections(tableSpec(input, await input.posterior), input.corrections));
  const { features, genes } = input.slide.features;
  for (const labels of input.corrections?.labels ?? [])
    await writer.labels(labels, {
      features: features.slice(0, genes).map(({ name }) => name),
      cellIds: Array.from(input.kept, cellName),
    });
}

function pointsSpec(input: OutputInput): PointsSpec {
  const { kept, early } = input;
  return {
    ...columnsSpec(input),
    cellIds: Array.from(kept, cellName),
    rowsPerGroup: ROWS_PER_GROUP,
    early,
  };
}

/** Says when the points of a first row group are there: threads have its columns then, and other work may keep this one. */
class Begun {
  readonly promise: Promise<void>;
  say: () => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.say = resolve;
    });
  }
}

async function* points(input: OutputInput, begun: Begun): AsyncGenerator<PointsBatch | PointCells> {
  let rows = 0;
  for await (const batch of pointsOfTiles(input)) {
    yield batch;
    rows += batch.cell.length;
    input.onRows(rows);
    if (rows >= ROWS_PER_GROUP) begun.say();
  }
  begun.say();
}

async function* pointsOfTiles({
  slide,
  regions,
  states,
  kept,
  hasQv,
  transcripts,
  early,
}: OutputInput): AsyncGenerator<PointsBatch | PointCells> {
  const code = new Uint32Array(slide.cells.priorId.length + 1);
  kept.forEach((cell, i) => {
    code[cell] = i + 1;
  });
  let earlyLeft = early?.rows ?? 0;
  for (let tile = 0; tile < slide.plan.tiles.length; tile++) {
    const n = transcripts[tile];
    if (n === 0) continue;
    const cells = cellsOf(await states.verdicts(tile), n, code);
    const from = Math.min(earlyLeft, n);
    earlyLeft -= from;
    if (from > 0)
      yield { cell: cells.cell.subarray(0, from), probability: cells.probability.subarray(0, from) };
    if (from === n) continue;
    const columns = columnsWithin(await regions.partition(tile), from, n);
    yield {
      x: columns.x,
      y: columns.y,
      z: slide.scan.hasZ ? columns.z : null,
      feature: columns.feature,
      transcriptId: columns.transcript_id,
      qv: hasQv ? columns.qv : null,
      cell: cells.cell.subarray(from),
      probability: cells.probability.subarray(from),
      isControl: controlFlags(columns.feature, slide.features.genes),
    };
  }
}

/**
 * What the output says of the cells of a tile's `n` transcripts: their codes, and the verdicts' probabilities, which are 0 where the
 * cell is not in the output, since nothing was said about background there.
 */
function cellsOf(verdicts: TileState['verdicts'] | null, n: number, code: Uint32Array): PointCells {
  const cell = new Uint32Array(n);
  const probability = new Float32Array(n).fill(1);
  for (let i = 0; verdicts !== null && i < n; i++) {
    const verdict = verdicts.cell[i];
    cell[i] = code[verdict];
    probability[i] = cell[i] === 0 && verdict !== 0 ? 0 : verdicts.probability[i];
  }
  return { cell, probability };
}

async function* cellShapes({ outlines, kept }: OutputInput): AsyncGenerator<ShapesBatch> {
  const wkb = new Map<number, Uint8Array>();
  outlines.cell.forEach((cell, i) => {
    wkb.set(cell, outlines.wkb[i]);
  });
  for (let from = 0; from < kept.length; from += SHAPES_BATCH) {
    const cells = [...kept.subarray(from, from + SHAPES_BATCH)];
    yield { id: cells.map(cellName), wkb: cells.map((cell) => wkb.get(cell)!) };
  }
}

function layersOf({ store, slide, kept }: OutputInput): AsyncIterable<ShapesBatch> {
  const chosen = new Set(kept);
  return layerShapes(
    store,
    slide.plan.tiles.map(({ id }) => id),
    (cell) => (chosen.has(cell) ? cellName(cell) : null),
  );
}

async function* nucleusShapes(
  { slide, kept }: OutputInput,
  nuclei: { dropped: number },
): AsyncGenerator<ShapesBatch> {
  let id: string[] = [];
  let wkb: Uint8Array[] = [];
  for (const cell of kept) {
    const rings = slide.cells.nucleus[cell - 1];
    if (rings.length === 0) continue;
    const bytes = nucleusWkb(rings);
    if (bytes === null) {
      nuclei.dropped++;
      continue;
    }
    id.push(cellName(cell));
    wkb.push(bytes);
    if (id.length === SHAPES_BATCH) {
      yield { id, wkb };
      [id, wkb] = [[], []];
    }
  }
  if (id.length > 0) yield { id, wkb };
}

/** For methods that may find cells of their own: which were found where the prior has none. */
function discoveredColumn(slide: SlideContext, kept: Uint32Array): TableSpec['obs'] {
  if (slide.cells.discovered === undefined) return [];
  const prior = priorCells(slide);
  const values = Uint8Array.from(kept, (cell) => (cell > prior ? 1 : 0));
  return [{ name: 'discovered', kind: 'bool', values }];
}

function tableSpec(
  { slide, tally, outlines, kept, counts: x, components, segmented, labelGrid }: OutputInput,
  posterior: OutputPosterior | null,
): TableSpec {
  const { features, genes, counts } = slide.features;
  const rowOf = new Map<number, number>();
  outlines.cell.forEach((cell, i) => {
    rowOf.set(cell, i);
  });
  const at = Uint32Array.from(kept, (cell) => rowOf.get(cell)!);
  const n = kept.length;
  const spatial = new Float64Array(2 * n);
  at.forEach((i, k) => {
    spatial[2 * k] = outlines.centroidX[i];
    spatial[2 * k + 1] = outlines.centroidY[i];
  });
  const controls = denseRows(
    tally.controlCounts.takeCsr(slide.cells.priorId.length),
    kept,
    features.length - genes,
  );
  const { plan, owner } = slide;
  const tileIds = plan.tiles.map(({ id }) => id);
  const tileOf = Int32Array.from(kept, (cell) => slide.ownerOfCell[cell - 1]);
  const nGenes = Int32Array.from({ length: n }, (_, k) => Number(x.indptr[k + 1]) - Number(x.indptr[k]));
  const controlNames = features.slice(genes).map(({ name }) => name);
  return {
    obsIndex: Array.from(kept, cellName),
    obs: [
      { name: 'tile', kind: 'categorical', values: tileOf, categories: tileIds },
      { name: 'prior_id', kind: 'string', values: Array.from(kept, (cell) => slide.cells.priorId[cell - 1]) },
      ...(labelGrid ? [{ name: 'cell_labels', kind: 'int32' as const, values: Int32Array.from(kept) }] : []),
      ...discoveredColumn(slide, kept),
      { name: 'area', kind: 'float64', values: Float64Array.from(at, (i) => outlines.areaUm2[i]) },
      { name: 'volume', kind: 'float64', values: Float64Array.from(at, (i) => outlines.volumeUm3[i]) },
      { name: 'perimeter', kind: 'float64', values: Float64Array.from(at, (i) => outlines.perimeterUm[i]) },
      {
        name: 'transcript_counts',
        kind: 'int32',
        values: Int32Array.from(kept, (cell) => tally.transcripts[cell - 1]),
      },
      {
        name: 'control_counts',
        kind: 'int32',
        values: Int32Array.from(kept, (cell) => tally.controls[cell - 1]),
      },
      { name: 'n_genes', kind: 'int32', values: nGenes },
      {
        name: 'prior_counts',
        kind: 'int32',
        values: Int32Array.from(kept, (cell) => tally.vendor[cell - 1]),
      },
      {
        name: 'confidence',
        kind: 'float32',
        values: Float32Array.from(
          kept,
          (cell) => tally.probabilitySum[cell - 1] / Math.max(1, tally.transcripts[cell - 1]),
        ),
      },
      { name: 'component', kind: 'int32', values: Int32Array.from(kept, (cell) => components[cell - 1]) },
      {
        name: 'border_distance',
        kind: 'float32',
        values: Float32Array.from(kept, (cell) => {
          const [sx, sy] = [slide.cells.seedX[cell - 1], slide.cells.seedY[cell - 1]];
          return borderDistanceUm(plan.tiles[owner.ownerOf(sx, sy)].core, plan.extent, sx, sy);
        }),
      },
      ...posteriorColumns(posterior, kept),
      ...(segmented ? segmentColumns(segmented, slide, kept) : []),
    ],
    varIndex: features.slice(0, genes).map(({ name }) => name),
    var: [
      {
        name: 'gene_ids',
        kind: 'string',
        values: features.slice(0, genes).map(({ id, name }) => id ?? name),
      },
      {
        name: 'feature_types',
        kind: 'categorical',
        values: new Int32Array(genes),
        categories: ['Gene Expression'],
      },
      {
        name: 'total_counts',
        kind: 'int64',
        values: BigInt64Array.from({ length: genes }, (_, g) => BigInt(counts[g])),
      },
      {
        name: 'assigned_counts',
        kind: 'int64',
        values: BigInt64Array.from({ length: genes }, (_, g) => BigInt(tally.assignedByFeature[g])),
      },
    ],
    x,
    ...(posterior === null || posterior.layers === null ? {} : { layers: posterior.layers }),
    obsm: {
      spatial: { data: spatial, columns: 2 },
      ...(controlNames.length > 0 ? { controls: { data: controls, columns: controlNames.length } } : {}),
    },
    uns:
      controlNames.length > 0
        ? { control_names: controlNames, control_kinds: features.slice(genes).map(({ kind }) => kind) }
        : {},
    region: { region: 'cell_boundaries', regionKey: 'region', instanceKey: 'cell_id' },
  };
}

/** Columns of methods that draw samples. */
function posteriorColumns(posterior: OutputPosterior | null, kept: Uint32Array): TableColumn[] {
  if (posterior === null) return [];
  const { expected, variance, flips } = posterior;
  const column = (name: string, value: (i: number) => number): TableColumn => ({
    name,
    kind: 'float32',
    values: Float32Array.from(kept, (cell) => value(cell - 1)),
  });
  return [
    column('transcripts_expected', (i) => expected[i]),
    column('transcripts_low', (i) => normalInterval(expected[i], variance[i])[0]),
    column('transcripts_high', (i) => normalInterval(expected[i], variance[i])[1]),
    column('boundary_uncertainty', (i) => flips[i]),
  ];
}

/** Takes the counts of genes of the kept cells (1-based, ascending), the rows of the table, out of a tally. */
export function keptCounts(slide: SlideContext, tally: SlideTally, kept: Uint32Array): Csr {
  return rowsOf(tally.counts.takeCsr(slide.cells.priorId.length), kept);
}

type Csr = { indptr: Int32Array | BigInt64Array; indices: Int32Array; data: Int32Array };

/** The rows of the kept cells (1-based, ascending). */
function rowsOf(matrix: Csr, kept: Uint32Array): Csr {
  const bounds = Array.from(kept, (cell) => [Number(matrix.indptr[cell - 1]), Number(matrix.indptr[cell])]);
  const n = bounds.reduce((sum, [from, to]) => sum + to - from, 0);
  const ends = new Float64Array(kept.length + 1);
  const indices = new Int32Array(n);
  const data = new Int32Array(n);
  bounds.forEach(([from, to], k) => {
    indices.set(matrix.indices.subarray(from, to), ends[k]);
    data.set(matrix.data.subarray(from, to), ends[k]);
    ends[k + 1] = ends[k] + to - from;
  });
  return { indptr: n < 2 ** 31 ? Int32Array.from(ends) : BigInt64Array.from(ends, BigInt), indices, data };
}

function denseRows(matrix: Csr, kept: Uint32Array, columns: number): Int32Array {
  const out = new Int32Array(kept.length * columns);
  kept.forEach((cell, k) => {
    for (let i = Number(matrix.indptr[cell - 1]); i < Number(matrix.indptr[cell]); i++)
      out[k * columns + matrix.indices[i]] = matrix.data[i];
  });
  return out;
}
