import type { RectUm } from '@spatile/formats/space';
import { type AssignResult, assignResultFrom } from '@spatile/formats/tile/assign';
import {
  type Claims,
  eachShared,
  type FarClaims,
  ownClaims,
  settleVerdicts,
  type Verdicts,
} from '@spatile/formats/tile/claims';
import type { Frame } from '@spatile/formats/tile/frame';
import { cellsNear } from '@spatile/formats/tile/nearby';
import {
  FAR_PIECE,
  farClaimsIn,
  type PartPlace,
  SAMPLED_PIECE,
  sampledIn,
  tilePartIn,
} from '@spatile/formats/tile/parts';

/** One tile's result as the settle step sees it. */
export interface TileClaims {
  tile: number;
  core: RectUm;
  claims: Claims;
}

/**
 * The claims of a tile on some rows of another (both ascending).
 *
 * @param at the rows, and the observed places of their transcripts (microns).
 * @param owns whether a cell is the claiming tile's own: other cells it cannot claim for.
 */
function farClaimsOn(
  at: { row: Uint32Array; x: Float32Array; y: Float32Array },
  claims: Claims,
  owns: (cell: number) => boolean,
): FarClaims {
  const found: [number, number][] = [];
  eachShared(at.row, claims.row, (i, c) => {
    if (claims.cell[c] !== 0 && owns(claims.cell[c])) found.push([i, c]);
  });
  return {
    row: Uint32Array.from(found, ([i]) => at.row[i]),
    x: Float32Array.from(found, ([i]) => at.x[i]),
    y: Float32Array.from(found, ([i]) => at.y[i]),
    cell: Uint32Array.from(found, ([, c]) => claims.cell[c]),
    probability: Float32Array.from(found, ([, c]) => claims.probability[c]),
    dx: Int8Array.from(found, ([, c]) => claims.dx[c]),
    dy: Int8Array.from(found, ([, c]) => claims.dy[c]),
    dl: Int8Array.from(found, ([, c]) => claims.dl[c]),
  };
}

/** Settles the rows of a tile (observed at x, y); cell k is owned by tile `owner[k - 1]`. */
export function settleWith(
  own: TileClaims,
  others: readonly TileClaims[],
  at: { row: Uint32Array; x: Float32Array; y: Float32Array },
  owner: Uint32Array,
): Verdicts {
  const owns = (tile: number) => (cell: number) => owner[cell - 1] === tile;
  const far = others.map(({ tile, core, claims }) => ({
    tile,
    core,
    claims: farClaimsOn(at, claims, owns(tile)),
  }));
  return settleVerdicts(at.row, [ownClaims(own.claims, owns(own.tile))], far, `tile number ${own.tile}`);
}

/** The result of a tile or border unit that a worker cut into parts, put together again. */
export function wholeResult(frame: Frame): AssignResult {
  const { parts, ...meta } = frame.meta as unknown as AssignResult['meta'] & { parts: PartPlace[] };
  const content = parts.map(({ name }) => tilePartIn(frame, name));
  const lists = [farClaimsIn(frame, FAR_PIECE), ...content.map(({ claims }) => claims)];
  const claims = lists.flatMap(({ row, cell, probability, dx, dy, dl }) =>
    [...row].map((r, i) => ({ r, of: [cell[i], probability[i], dx[i], dy[i], dl[i]] })),
  );
  claims.sort((a, b) => a.r - b.r);
  const column = (k: number): number[] => claims.map(({ of }) => of[k]);
  const near = cellsNear(
    content.map((part) => ({ tile: 0, ...part })),
    [-Infinity, -Infinity, Infinity, Infinity],
  );
  const { cells: _, ...sampled } = sampledIn(frame, SAMPLED_PIECE);
  return {
    meta,
    claims: {
      row: Uint32Array.from(claims, ({ r }) => r),
      cell: Uint32Array.from(column(0)),
      probability: Float32Array.from(column(1)),
      dx: Int8Array.from(column(2)),
      dy: Int8Array.from(column(3)),
      dl: Int8Array.from(column(4)),
    },
    runs: near.runs,
    cells: {
      cell: Uint32Array.from(near.cells, ({ cell }) => cell),
      component: Uint16Array.from(near.cells, ({ component }) => component),
    },
    loadings: { value: Float32Array.from(near.cells.flatMap(({ loadings }) => [...loadings])) },
    ...sampled,
  };
}

/** A result of a worker, in parts or not. */
export const resultOf = (frame: Frame): AssignResult =>
  frame.meta.parts === undefined ? assignResultFrom(frame) : wholeResult(frame);
