import { SpatileError } from '@spatile/formats/errors';
import { distanceToRectUm, type RectUm } from '@spatile/formats/space';
import type { AssignResult } from '@spatile/formats/tile/assign';
import type { TileState } from './state.ts';

/** One tile's result as the settle step sees it. */
export interface TileClaims {
  tile: number;
  core: RectUm;
  result: Pick<AssignResult, 'claims'>;
}

/**
 * The claims on some rows (both ascending), copied: the claims of a result are views on all of it, and a tile would hold the
 * results of all its neighbours at once.
 */
export function claimsOn(row: Uint32Array, claims: AssignResult['claims']): AssignResult['claims'] {
  const at: number[] = [];
  let i = 0;
  for (let c = 0; c < claims.row.length && i < row.length; c++) {
    while (i < row.length && row[i] < claims.row[c]) i++;
    if (row[i] === claims.row[c]) at.push(c);
  }
  const { cell, probability, dx, dy, dl } = claims;
  return {
    row: Uint32Array.from(at, (c) => claims.row[c]),
    cell: Uint32Array.from(at, (c) => cell[c]),
    probability: Float32Array.from(at, (c) => probability[c]),
    dx: Int8Array.from(at, (c) => dx[c]),
    dy: Int8Array.from(at, (c) => dy[c]),
    dl: Int8Array.from(at, (c) => dl[c]),
  };
}

/**
 * Settles the transcripts of one tile's core after the assign round (`methods/assignment.md` 2.5).
 *
 * A cell is reported by the tile that owns its seed, and only that tile may claim transcripts for it. Per transcript: no
 * claim, background; one claim, that cell; several, the higher probability, then the claiming tile whose core is nearer
 * to the observed place (its own tile first), then the lower cell. The verdict depends on the set of claims alone, not on
 * the order of the results; settling twice changes nothing.
 *
 * @param own result of the tile itself: exactly one claim per row of its core, ascending.
 * @param others results of tiles whose halo meets this core.
 * @param row,x,y the tile's partition columns (ascending row; microns).
 * @param ownerOfCell owner tile of cell k at entry k - 1.
 */
export function settleVerdicts(
  own: TileClaims,
  others: TileClaims[],
  row: Uint32Array,
  x: Float32Array,
  y: Float32Array,
  ownerOfCell: Uint32Array,
): TileState['verdicts'] {
  const n = row.length;
  const out: TileState['verdicts'] = {
    cell: new Uint32Array(n),
    probability: new Float32Array(n),
    dx: new Int8Array(n),
    dy: new Int8Array(n),
    dl: new Int8Array(n),
  };
  const claimant = new Int32Array(n).fill(-1);
  const distance = new Float64Array(n);
  takeOwn(own, row, ownerOfCell, out, claimant, distance);
  for (const other of [...others].sort((a, b) => a.tile - b.tile)) {
    const { claims } = other.result;
    let i = 0;
    for (let c = 0; c < claims.row.length; c++) {
      const wanted = claims.row[c];
      while (i < n && row[i] < wanted) i++;
      if (i === n) break;
      const cell = claims.cell[c];
      if (row[i] !== wanted || cell === 0 || ownerOfCell[cell - 1] !== other.tile) continue;
      const away = distanceToRectUm(other.core, x[i], y[i]);
      const better =
        claimant[i] < 0 ||
        claims.probability[c] > out.probability[i] ||
        (claims.probability[c] === out.probability[i] &&
          (away < distance[i] || (away === distance[i] && cell < out.cell[i])));
      if (!better) continue;
      out.cell[i] = cell;
      out.probability[i] = claims.probability[c];
      out.dx[i] = claims.dx[c];
      out.dy[i] = claims.dy[c];
      out.dl[i] = claims.dl[c];
      claimant[i] = other.tile;
      distance[i] = away;
    }
  }
  return out;
}

/**
 * The tile's own claims: nearer than any other, also on an edge shared with another core (which is 0 from it as well). A
 * verdict for a cell of another tile is no claim.
 */
function takeOwn(
  own: TileClaims,
  row: Uint32Array,
  ownerOfCell: Uint32Array,
  out: TileState['verdicts'],
  claimant: Int32Array,
  distance: Float64Array,
): void {
  const { claims } = own.result;
  let i = 0;
  for (let c = 0; c < claims.row.length && i < row.length; c++) {
    if (claims.row[c] < row[i]) continue;
    if (claims.row[c] > row[i]) throw lostRow(own.tile, row[i]);
    const cell = claims.cell[c];
    const owned = cell !== 0 && ownerOfCell[cell - 1] === own.tile;
    out.cell[i] = owned ? cell : 0;
    out.probability[i] = owned || cell === 0 ? claims.probability[c] : 0;
    out.dx[i] = claims.dx[c];
    out.dy[i] = claims.dy[c];
    out.dl[i] = claims.dl[c];
    if (owned) {
      claimant[i] = own.tile;
      distance[i] = -1;
    }
    i++;
  }
  if (i < row.length) throw lostRow(own.tile, row[i]);
}

/**
 * Settles a tile whose method decides its own core outright (nucleus, expand: exact wherever the halo is wide enough): its
 * verdicts are final, whoever owns the cells.
 */
export function coreVerdicts(own: TileClaims, row: Uint32Array): TileState['verdicts'] {
  const { claims } = own.result;
  if (claims.row.length !== row.length) throw lostRow(own.tile, -1);
  for (let i = 0; i < row.length; i++) if (claims.row[i] !== row[i]) throw lostRow(own.tile, row[i]);
  const { cell, probability, dx, dy, dl } = claims;
  return { cell, probability, dx, dy, dl };
}

function lostRow(tile: number, row: number): SpatileError {
  return new SpatileError(
    'INTERNAL',
    `tile number ${tile}: its result does not name input row ${row} of its core exactly once; please report this`,
  );
}
