import { writeFile } from 'node:fs/promises';
import type { ImageSource } from '@spatile/formats/bundle/slide';
import { encodePolygonWkb } from '@spatile/formats/geometry/wkb';
import type { Affine } from '@spatile/formats/space';
import {
  createSpatialData,
  type PointsBatch,
  type PointsSpec,
  type ShapesBatch,
  type TableSpec,
} from '@spatile/formats/spatialdata/write';
import { tiffBytes } from '../image/tiff-bytes.ts';

/** A small store with every kind of element, and the numbers one should find in it. */

export const PIXEL_UM = 0.5;
export const CELLS = 12;
export const TRANSCRIPTS = 1000;
export const FEATURES = [
  ...Array.from({ length: 20 }, (_, i) => `Gene${i}`),
  'Aph1b/c',
  'NegControlProbe_00001',
];
const GENES = FEATURES.length - 1;
export const CELL_IDS = Array.from({ length: CELLS }, (_, i) => `cell-${i + 1}`);
export const TO_GLOBAL: Affine = [1 / PIXEL_UM, 0, 0, 0, 1 / PIXEL_UM, 0, 0, 0, 1];
export const SPEC: PointsSpec = { features: FEATURES, cellIds: CELL_IDS, hasZ: true, hasQv: true };

/** Cells are squares of 8 um on a 4 x 3 grid of 10 um. */
const corner = (cell: number): [number, number] => [
  ((cell - 1) % 4) * 10 + 1,
  Math.floor((cell - 1) / 4) * 10 + 1,
];

/** Transcript i lies in cell i mod 13 (0 is background, at the edge of the slide). */
export function exampleTranscripts(from = 0, to = TRANSCRIPTS): PointsBatch {
  const n = to - from;
  const batch: PointsBatch = {
    x: new Float32Array(n),
    y: new Float32Array(n),
    z: new Float32Array(n),
    feature: new Int32Array(n),
    transcriptId: new BigUint64Array(n),
    qv: new Float32Array(n),
    cell: new Uint32Array(n),
    probability: new Float32Array(n),
    isControl: new Uint8Array(n),
  };
  for (let k = 0; k < n; k++) {
    const i = from + k;
    const control = i % 50 === 7;
    const cell = control ? 0 : i % (CELLS + 1);
    const [x0, y0] = cell === 0 ? [0, 31] : corner(cell);
    batch.x[k] = x0 + 0.5 + (i % 7);
    batch.y[k] = y0 + (cell === 0 ? 0 : 0.5 + (i % 5));
    batch.z![k] = (i % 4) * 0.75;
    batch.feature[k] = control ? GENES : (i * 7) % 19;
    batch.transcriptId[k] = 18_446_744_073_709_000_000n + BigInt(i);
    batch.qv![k] = 20 + (i % 20);
    batch.cell[k] = cell;
    batch.probability[k] = cell === 0 ? 0 : 0.5 + (i % 50) / 100;
    batch.isControl[k] = control ? 1 : 0;
  }
  return batch;
}

export async function* batchesOf(size: number, total = TRANSCRIPTS): AsyncGenerator<PointsBatch> {
  for (let from = 0; from < total; from += size) yield exampleTranscripts(from, Math.min(from + size, total));
}

export async function* exampleShapes(): AsyncGenerator<ShapesBatch> {
  const squares = CELL_IDS.map((_, i) => {
    const [x, y] = corner(i + 1);
    const square = Float64Array.of(x, y, x + 8, y, x + 8, y + 8, x, y + 8, x, y);
    // The last cell has a second piece, so that both kinds of geometry occur.
    const piece = Float64Array.of(40, 25, 41, 25, 41, 26, 40, 26, 40, 25);
    return encodePolygonWkb(i === CELLS - 1 ? [[square], [piece]] : [[square]]);
  });
  yield {
    id: CELL_IDS.slice(0, 5),
    wkb: squares.slice(0, 5),
    columns: { layer: Int32Array.of(0, 1, 2, 3, 4) },
  };
  yield {
    id: CELL_IDS.slice(5),
    wkb: squares.slice(5),
    columns: { layer: new Int32Array(CELLS - 5).fill(9) },
  };
}

/** The table that counts `exampleTranscripts`. */
export function exampleTable(): TableSpec {
  const counts = Array.from({ length: CELLS }, () => new Map<number, number>());
  const { cell, feature } = exampleTranscripts();
  for (let i = 0; i < cell.length; i++) {
    if (cell[i] === 0) continue;
    const row = counts[cell[i] - 1];
    row.set(feature[i], (row.get(feature[i]) ?? 0) + 1);
  }
  const indptr = new Int32Array(CELLS + 1);
  const indices: number[] = [];
  const data: number[] = [];
  counts.forEach((row, i) => {
    for (const [gene, count] of [...row].sort(([a], [b]) => a - b)) {
      indices.push(gene);
      data.push(count);
    }
    indptr[i + 1] = indices.length;
  });
  const centre = CELL_IDS.flatMap((_, i) => corner(i + 1).map((value) => value + 4));
  return {
    obsIndex: CELL_IDS,
    obs: [
      { name: 'cell_id', kind: 'string', values: CELL_IDS },
      {
        name: 'area',
        kind: 'float64',
        values: Float64Array.from(CELL_IDS, (_, i) => (i === CELLS - 1 ? 65 : 64)),
      },
      { name: 'volume', kind: 'float32', values: new Float32Array(CELLS).fill(192) },
      {
        name: 'n_transcripts',
        kind: 'int32',
        values: Int32Array.from(counts, (row) => [...row.values()].reduce((a, b) => a + b, 0)),
      },
      { name: 'big', kind: 'int64', values: new BigInt64Array(CELLS).fill(2n ** 53n + 1n) },
      { name: 'touches_border', kind: 'bool', values: Uint8Array.from(CELL_IDS, (_, i) => i % 2) },
      {
        name: 'tile',
        kind: 'categorical',
        values: Int32Array.from(CELL_IDS, (_, i) => (i === 3 ? -1 : i % 2)),
        categories: ['t0', 't1'],
      },
      {
        name: 'prior_id',
        kind: 'string',
        values: CELL_IDS.map((_, i) => (i % 3 === 0 ? '' : `prior é ${i}`)),
      },
    ],
    varIndex: FEATURES.slice(0, GENES),
    var: [
      { name: 'gene_ids', kind: 'string', values: FEATURES.slice(0, GENES).map((name) => `ENSG-${name}`) },
    ],
    x: { indptr, indices: Int32Array.from(indices), data: Int32Array.from(data) },
    obsm: { spatial: { data: Float64Array.from(centre), columns: 2 } },
    uns: {
      spatile: {
        method: 'expand',
        seed: 7,
        share: 0.25,
        tiles: [1, 2, 3],
        names: ['a', 'b'],
        nested: { on: true, none: null },
        empty: [],
      },
    },
    region: { region: 'cell_boundaries', regionKey: 'region', instanceKey: 'cell_id' },
  };
}

export const IMAGE_WIDTH = 1101;
export const IMAGE_HEIGHT = 1300;

/** Two channels of 16 bits: a gradient with a bright square, and one that is zero but for one corner. */
export function examplePixels(channel: number): Uint16Array {
  const pixels = new Uint16Array(IMAGE_WIDTH * IMAGE_HEIGHT);
  for (let y = 0; y < IMAGE_HEIGHT; y++) {
    for (let x = 0; x < IMAGE_WIDTH; x++) {
      pixels[y * IMAGE_WIDTH + x] = channel === 0 ? (x * 3 + y * 5) % 60_000 : x < 10 && y < 10 ? 1000 : 0;
    }
  }
  return pixels;
}

export async function exampleImage(folder: string): Promise<ImageSource> {
  const planes: ImageSource['planes'] = [];
  for (const channel of [0, 1]) {
    const path = `${folder}/channel${channel}.tif`;
    await writeFile(
      path,
      tiffBytes({ width: IMAGE_WIDTH, height: IMAGE_HEIGHT, pixels: examplePixels(channel), tile: 256 }),
    );
    planes.push({ path, page: 0, sample: 0 });
  }
  return {
    name: 'morphology_focus',
    channels: ['DAPI', '18S'],
    widthPx: IMAGE_WIDTH,
    heightPx: IMAGE_HEIGHT,
    dataType: 'uint16',
    pixelToUm: [PIXEL_UM, 0, 0, 0, PIXEL_UM, 0, 0, 0, 1],
    planes,
  };
}

/** Writes the whole example; source images go to `folder`. Returns the digest. */
export async function writeExampleStore(
  path: string,
  folder: string,
  options: { batch?: number; spec?: Partial<PointsSpec> } = {},
): Promise<string> {
  const writer = await createSpatialData(path, {
    attrs: { version: '0.1.0', seed: 7, inputs: [{ name: 'transcripts.parquet', sha256: '00' }] },
    pixelSizeUm: PIXEL_UM,
    micronsToGlobal: TO_GLOBAL,
  });
  await writer.points('transcripts', { ...SPEC, ...options.spec }, batchesOf(options.batch ?? 300));
  await writer.shapes('cell_boundaries', exampleShapes());
  await writer.image('morphology_focus', await exampleImage(folder));
  await writer.table('table', exampleTable());
  return (await writer.finish()).digest;
}
