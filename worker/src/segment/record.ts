import {
  PART_CELL,
  PART_NUCLEUS,
  type SegmentResult,
  type SegmentTileMeta,
} from '@spatile/formats/tile/segment';
import { type LabelRuns, labelRuns } from '../raster/labels.ts';
import type { Cells } from './cells/compose.ts';
import { features, type ImageFeatures } from './features/features.ts';
import type { Planes } from './method.ts';
import { momentsOf } from './order.ts';

/** No edge of the region cuts the image. */
const FAR = 0x7fffffff;

/** The units of a tile to be reported: those it owns, and those whose seed lies within `seamUm` of its core. */
export async function recordUnits(
  planes: Planes,
  meta: SegmentTileMeta,
  cells: Cells,
): Promise<SegmentResult> {
  const { x, y } = seedsOf(planes, cells);
  const place = placesOf(planes, meta, x, y);
  const kept: number[] = [];
  for (let k = 0; k < cells.method.length; k++) if (place[k] > 0) kept.push(k);
  const wanted = new Uint8Array(cells.method.length + 1);
  for (const k of kept) wanted[k + 1] = 1;
  const window = windowOf(planes);
  const layerOf = async (kind: number, labels: Int32Array): Promise<Layer> => ({
    kind,
    runs: labelRuns(labels, window, wanted),
    measured: await features(planes, { ...planes, labels, scores: cells.scores }),
  });
  const layers = [await layerOf(PART_NUCLEUS, cells.nuclei), await layerOf(PART_CELL, cells.outlines)];
  const writer = new PartWriter(planes);
  const margin: number[] = [];
  kept.forEach((k, unit) => {
    let least = FAR;
    for (const layer of layers) least = Math.min(least, writer.add(unit, layer, k + 1, meta));
    margin.push(least);
  });
  const at = <T>(of: (k: number) => T): T[] => kept.map(of);
  return {
    meta: {
      tile: meta.tile,
      channels: planes.channels.length,
      diagnostics: diagnosticsOf(kept, place, margin),
    },
    units: {
      seedX: Float64Array.from(at((k) => x[k])),
      seedY: Float64Array.from(at((k) => y[k])),
      owned: Uint8Array.from(at((k) => (place[k] === OWNED ? 1 : 0))),
      score: Float32Array.from(at((k) => cells.scores[k])),
      method: Uint8Array.from(at((k) => cells.method[k])),
      marginPx: Uint32Array.from(margin),
      nuclei: Uint16Array.from(at((k) => cells.nucleusCount[k])),
    },
    ...writer.tables(),
  };
}

/** Nuclei, or outlines, of the cells of a tile. */
interface Layer {
  kind: number;
  runs: LabelRuns;
  measured: ImageFeatures;
}

const OWNED = 2;
const SEAM = 1;

/** Centre of mass of the nuclei of each cell, of its outline where it has none. */
function seedsOf(planes: Planes, { nuclei, outlines, method }: Cells): { x: Float64Array; y: Float64Array } {
  const nucleus = momentsOf(nuclei, method.length, planes);
  const outline = momentsOf(outlines, method.length, planes);
  const of = (k: number): typeof nucleus => (nucleus.pixels[k] > 0 ? nucleus : outline);
  return {
    x: Float64Array.from(method, (_, k) => of(k).sumX[k] / of(k).pixels[k] + 0.5),
    y: Float64Array.from(method, (_, k) => of(k).sumY[k] / of(k).pixels[k] + 0.5),
  };
}

function placesOf(
  { pixelSizeUm }: Planes,
  { core, seamUm }: SegmentTileMeta,
  x: Float64Array,
  y: Float64Array,
): Uint8Array {
  const seam = seamUm / pixelSizeUm;
  return Uint8Array.from(x, (_, k) => {
    if (x[k] >= core.x0 && x[k] < core.x1 && y[k] >= core.y0 && y[k] < core.y1) return OWNED;
    const near =
      x[k] >= core.x0 - seam && x[k] < core.x1 + seam && y[k] >= core.y0 - seam && y[k] < core.y1 + seam;
    return near ? SEAM : 0;
  });
}

function diagnosticsOf(kept: number[], place: Uint8Array, margin: number[]): Record<string, number> {
  const owned = kept.map((k) => place[k] === OWNED);
  return {
    owned: owned.filter(Boolean).length,
    seam: owned.filter((own) => !own).length,
    cutByHalo: margin.filter((m, i) => m === 0 && owned[i]).length,
  };
}

const windowOf = ({ row0, column0, rows, columns }: Planes) => ({
  originX: 0,
  originY: 0,
  sizeUm: 1,
  row0,
  column0,
  width: columns,
  height: rows,
});

/** Collects the parts of the units. */
class PartWriter {
  readonly #planes: Planes;
  readonly #unit: number[] = [];
  readonly #kind: number[] = [];
  readonly #pixels: number[] = [];
  readonly #eccentricity: number[] = [];
  readonly #solidity: number[] = [];
  readonly #means: number[] = [];
  readonly #runs: { part: number[]; y: number[]; x: number[]; length: number[] } = {
    part: [],
    y: [],
    x: [],
    length: [],
  };

  constructor(planes: Planes) {
    this.#planes = planes;
  }

  /** Adds the pixels of a label as a part, if it has any; gives their distance from the edges that cut the image. */
  add(unit: number, { kind, runs, measured }: Layer, label: number, meta: SegmentTileMeta): number {
    const [from, to] = [runs.start[label], runs.start[label + 1]];
    if (from === to) return FAR;
    const part = this.#unit.length;
    const y = runs.y.subarray(from, to);
    const x = runs.x.subarray(from, to);
    const length = runs.length.subarray(from, to);
    this.#unit.push(unit);
    this.#kind.push(kind);
    this.#pixels.push(measured.pixels[label - 1]);
    this.#eccentricity.push(measured.eccentricity[label - 1]);
    this.#solidity.push(measured.solidity[label - 1]);
    for (const mean of measured.meanIntensity) this.#means.push(mean[label - 1]);
    for (let i = 0; i < y.length; i++) {
      this.#runs.part.push(part);
      this.#runs.y.push(y[i]);
      this.#runs.x.push(x[i]);
      this.#runs.length.push(length[i]);
    }
    return marginOf(y, x, length, this.#planes, meta.gridPx);
  }

  tables(): Pick<SegmentResult, 'parts' | 'means' | 'runs'> {
    return {
      parts: {
        unit: Uint32Array.from(this.#unit),
        kind: Uint8Array.from(this.#kind),
        pixels: Uint32Array.from(this.#pixels),
        eccentricity: Float32Array.from(this.#eccentricity),
        solidity: Float32Array.from(this.#solidity),
      },
      means: { value: Float32Array.from(this.#means) },
      runs: {
        part: Uint32Array.from(this.#runs.part),
        y: Int32Array.from(this.#runs.y),
        x: Int32Array.from(this.#runs.x),
        length: Uint32Array.from(this.#runs.length),
      },
    };
  }
}

function marginOf(
  y: Int32Array,
  x: Int32Array,
  length: Uint32Array,
  { row0, column0, rows, columns }: Planes,
  [width, height]: [number, number],
): number {
  let [left, right] = [FAR, 0];
  for (let i = 0; i < x.length; i++) {
    left = Math.min(left, x[i]);
    right = Math.max(right, x[i] + length[i]);
  }
  const [x1, y1] = [column0 + columns, row0 + rows];
  return Math.min(
    column0 > 0 ? left - column0 : FAR,
    row0 > 0 ? y[0] - row0 : FAR,
    x1 < width ? x1 - right : FAR,
    y1 < height ? y1 - y[y.length - 1] - 1 : FAR,
  );
}
