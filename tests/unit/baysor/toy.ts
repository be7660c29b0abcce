import {
  ASSIGN_TILE,
  type AssignResult,
  type AssignTile,
  assignTileFrame,
} from '@spatile/formats/tile/assign';
import {
  BAYSOR_FIT,
  type BaysorModel,
  type BaysorSettings,
  baysorModelFrom,
  baysorModelParts,
  DISCOVERIES_PIECE,
  type Discovered,
  discoveriesIn,
} from '@spatile/formats/tile/baysor';
import type { Columns } from '@spatile/formats/tile/frame';
import { prefixed } from '@spatile/formats/tile/proseg';
import type { RandomStream } from '@spatile/random/stream';
import { assignBaysor } from '@spatile/worker/assign/baysor/assign';
import { fitBaysor } from '@spatile/worker/assign/baysor/fit';
import { wholeResult } from '../../support/settle.ts';

export interface Point {
  x: number;
  y: number;
  z?: number;
  gene: number;
  /** Cell of the prior, 0 = none. */
  prior?: number;
  row?: number;
}

export const SETTINGS: BaysorSettings = {
  minTranscriptsPerCell: 30,
  scaleUm: 5,
  scaleSdUm: 1.25,
  priorConfidence: 0,
  segments: 'ids',
  clusters: 2,
  iterations: 200,
  mrfStrength: 0.1,
  clusterPenalty: 0.25,
  splitEvery: 3,
  dimensions: 2,
  pixelSizeUm: 0.5,
};

export const QUIET = { progress: (): void => undefined, count: (): void => undefined };

/** A tile of `edge` microns without halo; its prior cells are 1 to the largest id of its points, seeds at (0, 0). */
export function tileOf(points: Point[], edge: number, genes: number, seed = 1): AssignTile {
  const n = points.length;
  const cells = points.reduce((most, { prior = 0 }) => Math.max(most, prior), 0);
  const square = { x0: 0, y0: 0, x1: edge, y1: edge };
  return {
    meta: {
      tile: 't0000',
      core: square,
      region: square,
      gridOriginUm: [0, 0],
      seed,
      genes,
      hasZ: points.some(({ z }) => z !== undefined),
    },
    transcripts: {
      row: Uint32Array.from(points, ({ row }, i) => row ?? i),
      x: Float32Array.from(points, ({ x }) => x),
      y: Float32Array.from(points, ({ y }) => y),
      z: Float32Array.from(points, ({ z }) => z ?? 0),
      gene: Uint32Array.from(points, ({ gene }) => gene),
      prior: Uint32Array.from(points, ({ prior }) => prior ?? 0),
      nuclear: new Uint8Array(n),
    },
    cells: {
      cell: Uint32Array.from({ length: cells }, (_, k) => k + 1),
      seedX: new Float64Array(cells),
      seedY: new Float64Array(cells),
      owned: new Uint8Array(cells).fill(1),
    },
    rings: {
      cell: new Uint32Array(0),
      kind: new Uint8Array(0),
      start: new Uint32Array(0),
      count: new Uint32Array(0),
    },
    vertices: { x: new Float64Array(0), y: new Float64Array(0) },
  };
}

/** The model learned on one tile. */
export async function fitted(tile: AssignTile, settings: BaysorSettings): Promise<BaysorModel> {
  const { meta, ...tables } = tile;
  const frame = await fitBaysor(
    {
      kind: ASSIGN_TILE,
      meta: { settings, windows: [meta] },
      tables: prefixed('w0', tables as unknown as Record<string, Columns>),
    },
    QUIET,
  );
  if (frame.kind !== BAYSOR_FIT) throw new Error(`the fit gave ${frame.kind}`);
  return baysorModelFrom(frame);
}

/** A tile's result put together again, with what was discovered. */
export type ToyResult = AssignResult & { discovered: Discovered };

/** The verdicts on one tile, given a model or one learned on the tile itself. */
export async function assigned(
  tile: AssignTile,
  settings: BaysorSettings = SETTINGS,
  model?: BaysorModel,
): Promise<ToyResult> {
  const { meta, tables } = baysorModelParts(model ?? (await fitted(tile, settings)));
  const extra = { meta: { ...meta, settings, bandUm: 10 }, tables };
  const frame = await assignBaysor(assignTileFrame(tile, extra), QUIET);
  return { ...wholeResult(frame), discovered: discoveriesIn(frame, DISCOVERIES_PIECE).discovered };
}

/** `n` molecules about a centre, genes by `gene`. */
export function cloud(
  stream: RandomStream,
  n: number,
  centre: [number, number],
  sd: number,
  gene: () => number,
): Point[] {
  return Array.from({ length: n }, () => ({
    x: centre[0] + sd * stream.normal(),
    y: centre[1] + sd * stream.normal(),
    gene: gene(),
  }));
}

/** Adjusted Rand index of two labellings (Hubert and Arabie, 1985). */
export function adjustedRand(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = (n: number): number => (n * (n - 1)) / 2;
  const count = (keys: string[]): number => {
    const sizes = new Map<string, number>();
    for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
    return [...sizes.values()].reduce((sum, n) => sum + pairs(n), 0);
  };
  const names = Array.from(a, (value, i) => [`${value}`, `${b[i]}`]);
  const both = count(names.map(([p, q]) => `${p} ${q}`));
  const first = count(names.map(([p]) => p));
  const second = count(names.map(([, q]) => q));
  const chance = (first * second) / pairs(names.length);
  return (both - chance) / ((first + second) / 2 - chance);
}
