import { mkdir, writeFile } from 'node:fs/promises';
import type { ImageSource } from '@spatile/formats/bundle/slide';
import { encodePolygonWkb } from '@spatile/formats/geometry/wkb';
import type { Affine } from '@spatile/formats/space';
import { createSpatialData, type PointsBatch, type ShapesBatch } from '@spatile/formats/spatialdata/write';
import type { RunReportData } from '../../../coordinator/src/report/data.ts';
import { tiffBytes } from '../image/tiff-bytes.ts';

/** A finished output as a run leaves it: cells on a grid of 10 um, 2 x 2 tiles, and the report data of its run. */
export interface SlideSpec {
  columns: number;
  rows: number;
  genes: string[];
  /** Transcripts of cell i (0-based). */
  perCell: (cell: number) => number;
  /** File of a small image, if there shall be one. */
  imageFile?: string;
  bundleName: string;
  inputName: string;
}

export const PITCH_UM = 10;
const BACKGROUND = 40;
const TILE_IDS = ['t0000', 't0001', 't0002', 't0003'];

export const SMALL: SlideSpec = {
  columns: 20,
  rows: 15,
  genes: Array.from({ length: 12 }, (_, i) => `Gene${i}`),
  perCell: (cell) => 50 + (cell % 7),
  bundleName: 'a slide',
  inputName: 'transcripts.parquet',
};

/** Numbers that the page must show. */
export function numbersOf(spec: SlideSpec) {
  const cells = spec.columns * spec.rows;
  const counts = Array.from({ length: cells }, (_, i) => spec.perCell(i));
  const assigned = counts.reduce((a, b) => a + b, 0);
  return { cells, counts, assigned, genes: assigned + BACKGROUND, controls: 3, lowQuality: 17 };
}

const corner = ({ columns }: SlideSpec, cell: number): [number, number] => [
  (cell % columns) * PITCH_UM + 1,
  Math.floor(cell / columns) * PITCH_UM + 1,
];

const cellId = (cell: number): string => `cell-${cell + 1}`;

function* rowsOf(spec: SlideSpec): Generator<[x: number, y: number, cell: number, feature: number]> {
  const { counts } = numbersOf(spec);
  for (const [cell, n] of counts.entries()) {
    const [x, y] = corner(spec, cell);
    for (let k = 0; k < n; k++)
      yield [x + 1 + (k % 6), y + 1 + ((k * 5) % 7), cell + 1, (cell + k) % spec.genes.length];
  }
  for (let k = 0; k < BACKGROUND; k++) yield [k % 10, (k * 3) % 10, 0, 0];
  for (let k = 0; k < 3; k++) yield [0.5, 0.5, 0, spec.genes.length];
}

async function* points(spec: SlideSpec): AsyncGenerator<PointsBatch> {
  const rows = [...rowsOf(spec)];
  yield {
    x: Float32Array.from(rows, ([x]) => x),
    y: Float32Array.from(rows, ([, y]) => y),
    z: null,
    feature: Int32Array.from(rows, ([, , , feature]) => feature),
    transcriptId: BigUint64Array.from(rows, (_, i) => BigInt(i)),
    qv: null,
    cell: Uint32Array.from(rows, ([, , cell]) => cell),
    probability: Float32Array.from(rows, ([, , cell]) => (cell === 0 ? 0.6 : 0.9)),
    isControl: Uint8Array.from(rows, ([, , , feature]) => (feature === spec.genes.length ? 1 : 0)),
  };
}

/** Octagons of 8 um, and nuclei of 4 um at the same place. */
async function* outlines(spec: SlideSpec, sizeUm: number): AsyncGenerator<ShapesBatch> {
  const { cells } = numbersOf(spec);
  for (let from = 0; from < cells; from += 5000) {
    const ids = Array.from({ length: Math.min(5000, cells - from) }, (_, k) => from + k);
    yield {
      id: ids.map(cellId),
      wkb: ids.map((cell) => {
        const [x, y] = corner(spec, cell).map((value) => value + 4);
        const ring = Float64Array.from({ length: 18 }, (_, i) => {
          const angle = (Math.floor(i / 2) % 8) * (Math.PI / 4);
          return i % 2 === 0 ? x + (sizeUm / 2) * Math.cos(angle) : y + (sizeUm / 2) * Math.sin(angle);
        });
        return encodePolygonWkb([[ring]]);
      }),
    };
  }
}

export function coresOf({ columns, rows }: SlideSpec): [number, number, number, number][] {
  const [width, height] = [columns * PITCH_UM, rows * PITCH_UM];
  const [mx, my] = [width / 2, height / 2];
  return [
    [0, 0, mx, my],
    [mx, 0, width, my],
    [0, my, mx, height],
    [mx, my, width, height],
  ];
}

const IDENTITY: Affine = [1, 0, 0, 0, 1, 0, 0, 0, 1];

async function imageOf(spec: SlideSpec, path: string): Promise<ImageSource> {
  const [width, height] = [spec.columns * PITCH_UM, spec.rows * PITCH_UM];
  const pixels = Uint16Array.from({ length: width * height }, (_, i) => (i * 37) % 5000);
  await writeFile(path, tiffBytes({ width, height, pixels, tile: 64 }));
  return {
    name: 'morphology',
    channels: ['DAPI'],
    widthPx: width,
    heightPx: height,
    dataType: 'uint16',
    pixelToUm: IDENTITY,
    planes: [{ path, page: 0, sample: 0 }],
  };
}

function tableOf(spec: SlideSpec) {
  const { cells, counts } = numbersOf(spec);
  const ids = Array.from({ length: cells }, (_, i) => cellId(i));
  const total = new BigInt64Array(spec.genes.length);
  const assigned = new BigInt64Array(spec.genes.length);
  for (const [, , cell, feature] of rowsOf(spec)) {
    if (feature === spec.genes.length) continue;
    total[feature]++;
    if (cell !== 0) assigned[feature]++;
  }
  const [mx, my] = [(spec.columns * PITCH_UM) / 2, (spec.rows * PITCH_UM) / 2];
  const centres = ids.flatMap((_, i) => corner(spec, i).map((value) => value + 4));
  const ints = (name: string, value: (cell: number) => number) =>
    ({ name, kind: 'int32', values: Int32Array.from(ids, (_, i) => value(i)) }) as const;
  const floats = (name: string, value: (cell: number) => number) =>
    ({ name, kind: 'float32', values: Float32Array.from(ids, (_, i) => value(i)) }) as const;
  return {
    obsIndex: ids,
    obs: [
      { name: 'tile', kind: 'categorical', values: new Int32Array(cells), categories: TILE_IDS } as const,
      { name: 'prior_id', kind: 'string', values: ids } as const,
      floats('area', (i) => 45 + (i % 5)),
      floats('volume', () => 100),
      floats('perimeter', () => 25),
      ints('transcript_counts', (i) => counts[i]),
      ints('control_counts', () => 0),
      ints('n_genes', (i) => Math.min(counts[i], spec.genes.length)),
      ints('prior_counts', (i) => counts[i] + (i % 3)),
      floats('confidence', () => 0.9),
      ints('component', (i) => i % 4),
      floats('border_distance', (i) =>
        Math.min(Math.abs(centres[2 * i] - mx), Math.abs(centres[2 * i + 1] - my)),
      ),
    ],
    varIndex: spec.genes,
    var: [
      { name: 'total_counts', kind: 'int64', values: total } as const,
      { name: 'assigned_counts', kind: 'int64', values: assigned } as const,
    ],
    x: { indptr: new Int32Array(cells + 1), indices: new Int32Array(0), data: new Int32Array(0) },
    obsm: { spatial: { data: Float64Array.from(centres), columns: 2 } },
    region: { region: 'cell_boundaries', regionKey: 'region', instanceKey: 'cell_id' },
  };
}

/** Writes the Zarr of a slide; no cells when `columns` is 0. */
export async function writeStore(path: string, spec: SlideSpec): Promise<void> {
  const { cells, genes, controls, lowQuality } = numbersOf(spec);
  const writer = await createSpatialData(path, {
    attrs: {
      version: '9.8.7',
      config: { seed: 5, assign: { method: 'proseg' }, note: spec.inputName },
      seed: 5,
      inputs: [{ role: 'transcripts', name: spec.inputName, sizeBytes: 2048, sha256: 'ab'.repeat(32) }],
      platform: 'xenium',
      platform_version: 'XOA 3.0.0',
      method: 'proseg',
      model_hash: 'cd'.repeat(32),
      transcripts: {
        input: genes + controls + lowQuality,
        kept: genes + controls,
        filtered: { invalidCoordinates: 0, lowQuality, outsideCrop: 0 },
      },
      prior: ['nucleus_boundaries.parquet'],
      plan: { haloUm: 20, tiles: coresOf(spec).map((core, i) => ({ id: TILE_IDS[i], core })) },
    },
    pixelSizeUm: null,
    micronsToGlobal: IDENTITY,
  });
  if (spec.imageFile !== undefined) await writer.image('morphology', await imageOf(spec, spec.imageFile));
  const ids = Array.from({ length: cells }, (_, i) => cellId(i));
  await writer.points(
    'transcripts',
    { features: [...spec.genes, 'NegControl'], cellIds: ids, hasZ: false, hasQv: false },
    points(spec),
  );
  if (cells > 0) {
    await writer.shapes('cell_boundaries', outlines(spec, 8));
    await writer.shapes('nucleus_boundaries', outlines(spec, 4));
    await writer.table('table', tableOf(spec));
  }
  await writer.finish();
}

/** `report.json` of the run that would have made the slide. */
export function runData(spec: SlideSpec): RunReportData {
  const { cells, assigned, genes, controls, lowQuality } = numbersOf(spec);
  const cores = coresOf(spec);
  const last = cores[3];
  return {
    version: '9.8.7',
    name: spec.bundleName,
    platform: 'xenium',
    platformVersion: 'XOA 3.0.0',
    method: 'proseg',
    seed: 5,
    workers: 2,
    transcripts: {
      input: genes + controls + lowQuality,
      kept: genes + controls,
      assigned,
      genes,
      controls,
      filtered: { invalidCoordinates: 0, lowQuality, outsideCrop: 0 },
    },
    cells: { prior: cells + 4, written: cells, withoutOutline: 3, belowMinimum: 1, origins: ['nuclei'] },
    extent: { x0: 0, y0: 0, x1: last[2], y1: last[3] },
    haloUm: 20,
    tiles: cores.map(([x0, y0, x1, y1], i) => ({
      id: TILE_IDS[i],
      core: { x0, y0, x1, y1 },
      transcripts: 1000 + i,
      cells: cells / 4,
      assigned: 700 + 10 * i,
      confidence: 0.8 + i / 50,
      seconds: 2 + i,
      cpuSeconds: 1 + i,
      peakRssBytes: (100 + i) * 2 ** 20,
      diagnostics: diagnosticsOf(i),
    })),
    steps: [
      { step: 'assign-fit-000', seconds: 1.5, coordinatorRssBytes: 2 ** 27 },
      { step: 'assign-fit-001', seconds: 2.5, coordinatorRssBytes: 2 ** 27 },
      { step: 'assign', seconds: 3, coordinatorRssBytes: 2 ** 28 },
    ],
    workersLost: 1,
    vendor: { same: 900, different: 100, vendorOnly: 50, spatileOnly: 25, neither: 10 },
    model: {
      hash: 'cd'.repeat(32),
      trace: [
        { block: 0, phase: 'coarse', logLikelihood: -5.5 },
        { block: 1, phase: 'coarse', logLikelihood: -4.5 },
        { block: 2, phase: 'fine', logLikelihood: -4.25 },
      ],
      pilots: ['t0001', 't0002'],
    },
    border: { units: 4, phases: 2 },
    convergence: {
      tiles: 4,
      unsettled: [TILE_IDS[3]],
      verdict: '1 of 4 tiles has not settled: raise assign.proseg.schedule.fineIterations',
      traces: [
        {
          tile: TILE_IDS[3],
          iteration: [0, 10, 20, 30],
          phase: [0, 0, 1, 2],
          logLikelihood: [-5, -4.5, -4.25, -4.125],
          foreground: [0.5, 0.6, 0.7, 0.7],
          labelAcceptance: [0.3, 0.2, 0.2, 0.1],
        },
      ],
    },
    findings: [
      { level: 'info', code: 'SOME_REMARK', message: 'a remark of the run' },
      { level: 'warning', code: 'SOME_WARNING', message: 'a warning of the run' },
    ],
    config: { plan: { memoryPerWorker: 2 ** 31 } },
  };
}

/** Numbers of the chain of the i-th tile: only the last one drifts. */
const diagnosticsOf = (i: number): Record<string, number> => ({
  transcripts: 1000 + i,
  recorded: 50,
  labelAcceptance: 0.2,
  repositionAcceptance: 0.7,
  essForeground: 20 + i,
  essVolume: 5 + i,
  rHatLogLikelihood: i === 3 ? 2.5 : 1.02,
  rHatForeground: 1.01,
  logLikelihoodDrift: i === 3 ? 0.0425 : 0.0125,
  foregroundDrift: 0.002,
  cellsDrifting: 0.25,
});

export async function writeRun(directory: string, data: unknown): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/report.json`, JSON.stringify(data));
}
