import { SpatileError } from '../errors.ts';
import { distanceToRectUm, type RectUm } from '../space.ts';
import type { AssignResult } from './assign.ts';

/** Claims on transcripts, ascending `row`. */
export type Claims = AssignResult['claims'];

/** What is settled of transcripts: their cell (0 = background), how sure that is, and where the sampler last had them. */
export type Verdicts = Omit<Claims, 'row'>;

/** Claims of a tile on transcripts beyond its core, for cells of its own, with the observed places (microns). */
export type FarClaims = Claims & { x: Float32Array; y: Float32Array };

/** What another tile claims. */
export interface FarTile {
  tile: number;
  core: RectUm;
  claims: FarClaims;
}

/**
 * What the claims of several tiles on the same transcripts mean together (`methods/assignment.md` 2.5): the order of claims is part
 * of their format, since everybody who reads them has to settle them alike.
 *
 * A cell is reported by the tile that owns its seed, and only that tile may claim transcripts for it. Per transcript: no
 * claim, background; one claim, that cell; several, the higher probability, then the claiming tile whose core is nearer
 * to the observed place (its own tile first), then the lower cell. The verdict depends on the set of claims alone, not on
 * the order of the lists; settling twice changes nothing. Errors: `INTERNAL` for a row without a claim of its own tile.
 *
 * @param row the transcripts, ascending.
 * @param own claims of the tiles in whose cores they lie, as `ownClaims` gives them: one for each row, and perhaps for others.
 * @param far claims of tiles on rows that are not of their own core.
 * @param where what is settled, for people.
 */
export function settleVerdicts(
  row: Uint32Array,
  own: readonly Claims[],
  far: readonly FarTile[],
  where: string,
): Verdicts {
  const n = row.length;
  const out: Verdicts = {
    cell: new Uint32Array(n),
    probability: new Float32Array(n),
    dx: new Int8Array(n),
    dy: new Int8Array(n),
    dl: new Int8Array(n),
  };
  // Its own tile is nearer than any other, also on an edge shared with another core (which is 0 from it as well).
  const distance = new Float64Array(n).fill(-1);
  const named = new Uint8Array(n);
  for (const claims of own)
    eachShared(row, claims.row, (i, c) => {
      take(out, i, claims, c);
      named[i]++;
    });
  const lost = named.findIndex((times) => times !== 1);
  if (lost >= 0) throw lostRow(row[lost], where);
  for (const { core, claims } of [...far].sort((a, b) => a.tile - b.tile)) {
    eachShared(row, claims.row, (i, c) => {
      const cell = claims.cell[c];
      const away = distanceToRectUm(core, claims.x[c], claims.y[c]);
      const better =
        out.cell[i] === 0 ||
        claims.probability[c] > out.probability[i] ||
        (claims.probability[c] === out.probability[i] &&
          (away < distance[i] || (away === distance[i] && cell < out.cell[i])));
      if (!better) return;
      take(out, i, claims, c);
      distance[i] = away;
    });
  }
  return out;
}

/** Calls back for every row that two ascending lists both have. */
export function eachShared(a: Uint32Array, b: Uint32Array, found: (atA: number, atB: number) => void): void {
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    if (a[i] < b[k]) i++;
    else if (a[i] > b[k]) k++;
    else found(i++, k++);
  }
}

function take(out: Verdicts, i: number, claims: Claims, c: number): void {
  out.cell[i] = claims.cell[c];
  out.probability[i] = claims.probability[c];
  out.dx[i] = claims.dx[c];
  out.dy[i] = claims.dy[c];
  out.dl[i] = claims.dl[c];
}

const lostRow = (row: number, where: string): SpatileError =>
  new SpatileError(
    'INTERNAL',
    `${where}: input row ${row} is not named exactly once by the tile in whose core it lies; please report this`,
  );

/** What a tile claims in its own core. A verdict for a cell of another tile is no claim: it counts as background, sure of nothing. */
export function ownClaims<T extends Claims>(claims: T, owns: (cell: number) => boolean): T {
  const kept = Uint8Array.from(claims.cell, (cell) => (cell === 0 || owns(cell) ? 1 : 0));
  return {
    ...claims,
    cell: claims.cell.map((cell, i) => (kept[i] === 1 ? cell : 0)),
    probability: claims.probability.map((p, i) => (kept[i] === 1 ? p : 0)),
  };
}
