import { type RectUm, rectContains } from '@spatile/formats/space';
import {
  ASSIGN_RESULT,
  type AssignResult,
  type AssignTile,
  CONTROL_GENE,
} from '@spatile/formats/tile/assign';
import { type Claims, ownClaims } from '@spatile/formats/tile/claims';
import { encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import {
  FAR_PIECE,
  farClaimsFrame,
  NO_GENE,
  type PartPlace,
  SAMPLED_PIECE,
  sampledFrame,
  tilePartFrame,
} from '@spatile/formats/tile/parts';
import { grouped, NO_SQUARE, picked, SQUARES, Squares, voxelsOf } from './squares.ts';

/** Whether a cell is a tile's own. */
export function ownedBy({ cells }: AssignTile): (cell: number) => boolean {
  const own = new Set(cells.cell.filter((_, i) => cells.owned[i] === 1));
  return (cell) => own.has(cell);
}

/**
 * A tile's result as its readers want it (`formats/src/tile/parts.ts`).
 * @param bandUm how far from an edge of the core neighbours and border units look: the width of the squares along the edges.
 * @param owns whether a cell is the tile's own.
 */
export function partedFrame(
  result: AssignResult,
  tile: AssignTile,
  bandUm: number,
  owns = ownedBy(tile),
): Frame {
  const { core, gridOriginUm } = tile.meta;
  const claims = withPlaces(ownClaims(result.claims, owns), tile);
  const squares = new Squares(core, bandUm, gridOriginUm, result.meta.voxelUm);
  const inCore = (i: number): boolean => rectContains(core, claims.x[i], claims.y[i]);
  const claimed = grouped(claims.row.length, (i) =>
    inCore(i) ? squares.ofPlace(claims.x[i], claims.y[i]) : NO_SQUARE,
  );
  const cells = squares.cut(result);
  const pieces: Record<string, Uint8Array> = {};
  const parts: PartPlace[] = [];
  for (const s of SQUARES) {
    if (claimed[s].length === 0 && cells[s].cells.cell.length === 0) continue;
    const { x, y, ...rest } = picked(claims, claimed[s]);
    const name = `part${s}`;
    parts.push({ name, placesUm: placesOf(x, y), voxels: voxelsOf(cells[s].runs) });
    pieces[name] = encodeFrame(tilePartFrame({ claims: rest, ...cells[s] }));
  }
  const beyond = Uint32Array.from(claims.row.keys()).filter((i) => !inCore(i));
  const { gene: _, ...far } = picked(claims, beyond);
  pieces[FAR_PIECE] = encodeFrame(farClaimsFrame(far));
  pieces[SAMPLED_PIECE] = encodeFrame(sampledFrame(result));
  return { kind: ASSIGN_RESULT, meta: { ...result.meta, parts }, tables: {}, pieces };
}

type Placed = Claims & { x: Float32Array; y: Float32Array; gene: Uint16Array };

/** Claims with the observed place and the gene of their transcripts. */
function withPlaces(claims: Claims, { transcripts }: AssignTile): Placed {
  const n = claims.row.length;
  const out = { ...claims, x: new Float32Array(n), y: new Float32Array(n), gene: new Uint16Array(n) };
  for (let c = 0, i = 0; c < n; c++) {
    while (transcripts.row[i] < claims.row[c]) i++;
    out.x[c] = transcripts.x[i];
    out.y[c] = transcripts.y[i];
    out.gene[c] = transcripts.gene[i] === CONTROL_GENE ? NO_GENE : transcripts.gene[i];
  }
  return out;
}

/** Bounding box of places. */
function placesOf(x: Float32Array, y: Float32Array): RectUm | null {
  if (x.length === 0) return null;
  const least = (values: Float32Array): number => values.reduce((low, value) => Math.min(low, value));
  const most = (values: Float32Array): number => values.reduce((high, value) => Math.max(high, value));
  return { x0: least(x), y0: least(y), x1: most(x), y1: most(y) };
}
