import { type FarClaims, settleVerdicts, type Verdicts } from '@spatile/formats/tile/claims';
import { encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { cellsNear, type TileCells } from '@spatile/formats/tile/nearby';
import {
  type BorderOutcome,
  borderOutcomeIn,
  farClaimsIn,
  type PartPlace,
  type TilePart,
  tilePartIn,
} from '@spatile/formats/tile/parts';
import { boxOf, runSpans, type VoxelBox } from '@spatile/formats/tile/runs';
import { type SettleTask, settleTaskFrom } from '@spatile/formats/tile/settle';
import {
  CELLS_PIECE,
  COUNTS_PIECE,
  settledCellsFrame,
  settledCountsFrame,
  settledTileFrame,
  settledVerdictsFrame,
  settledVoxelsFrame,
  VERDICTS_PIECE,
} from '@spatile/formats/tile/settled';
import type { Handler } from '../../../handler.ts';
import { columnsOf } from '../../../outline/columns.ts';
import { changedCells, overlayClaims } from './changes.ts';
import { countsOf } from './counts.ts';
import { SQUARES, Squares, voxelsOf } from './squares.ts';

/** Every voxel there is. */
const EVERYWHERE: VoxelBox = [-Infinity, -Infinity, Infinity, Infinity];

/**
 * `assign.proseg.settle`: one tile as it and everything around it left it: claims of all tiles on its transcripts settled, and the
 * border units put over them: new verdicts for the transcripts observed in a strip, new voxels for the cells that were active there.
 * In: settle-tile. Out: settled-tile. Errors: `RUN_CORRUPT` for damaged pieces, `INTERNAL` for transcripts that are not named.
 */
export const settle: Handler = async (input) => settledTile(input);

/** What the parts of a tile's result and the claims of others are called on the slide. */
export interface Naming {
  part: (tile: number, part: TilePart) => TilePart;
  far: (tile: number, claims: FarClaims) => FarClaims;
}

const AS_THEY_ARE: Naming = { part: (_, part) => part, far: (_, claims) => claims };

/** The settled tile of a settle-tile. Errors: as of `settle`. */
export function settledTile(input: Frame, naming = AS_THEY_ARE): Frame {
  const task = settleTaskFrom(input);
  const { sources } = task;
  const own = sources.tiles.find(({ tile }) => tile === task.number)!;
  const parts = own.parts.map((name) => naming.part(own.tile, tilePartIn(input, name)));
  const earlier = sources.units.map((name) => borderOutcomeIn(input, name));
  const { row, gene } = transcriptsOf(parts);
  const claims = parts.map((part) => part.claims);
  const far = sources.tiles.flatMap(({ tile, core, far: name }) =>
    name === null ? [] : [{ tile, core, claims: naming.far(tile, farClaimsIn(input, name)) }],
  );
  const verdicts = settleVerdicts(row, claims, far, `tile ${task.tile}`);
  overlayClaims(verdicts, row, earlier);
  return settledFrame(task, own.core, { ...verdicts, gene }, settledCells(parts, earlier));
}

/** Rows and genes of all parts, ascending by row. */
function transcriptsOf(parts: readonly TilePart[]): { row: Uint32Array; gene: Uint16Array } {
  const n = parts.reduce((sum, { claims }) => sum + claims.row.length, 0);
  const row = new Uint32Array(n);
  const gene = new Uint16Array(n);
  const next = new Uint32Array(parts.length);
  for (let i = 0; i < n; i++) {
    let least = -1;
    let lowest = Number.POSITIVE_INFINITY;
    for (let p = 0; p < parts.length; p++) {
      const { row: rows } = parts[p].claims;
      if (next[p] < rows.length && rows[next[p]] < lowest) {
        lowest = rows[next[p]];
        least = p;
      }
    }
    row[i] = lowest;
    gene[i] = parts[least].claims.gene[next[least]++];
  }
  return { row, gene };
}

/** The tile's cells with what the outcomes say of them, in the order of their phases. */
export function settledCells(
  parts: readonly Pick<TilePart, 'runs' | 'cells' | 'loadings'>[],
  outcomes: readonly BorderOutcome[],
): Pick<TileCells, 'runs' | 'cells'> {
  const sources = parts.map(({ runs, cells, loadings }) => ({ tile: 0, runs, cells, loadings }));
  const { runs, cells } = cellsNear(sources, EVERYWHERE, changedCells(outcomes));
  return {
    runs,
    cells: {
      cell: Uint32Array.from(cells, ({ cell }) => cell),
      component: Uint16Array.from(cells, ({ component }) => component),
    },
  };
}

function settledFrame(
  { tile, grid, bandUm, gridOriginUm }: SettleTask,
  core: SettleTask['sources']['tiles'][number]['core'],
  { cell, probability, gene }: Verdicts & { gene: Uint16Array },
  shapes: Pick<TileCells, 'runs' | 'cells'>,
): Frame {
  const { runs, cells } = shapes;
  const spans = runSpans(runs);
  const columns = Uint32Array.from(cells.cell, (k) => columnsOf(runs, spans.get(k)!));
  const boxes = Array.from(cells.cell, (k) => boxOf(runs, spans.get(k)!));
  const [x0, y0, x1, y1] = [0, 1, 2, 3].map((edge) => Int32Array.from(boxes, (box) => box[edge]));
  const pieces: Record<string, Uint8Array> = {
    [VERDICTS_PIECE]: encodeFrame(settledVerdictsFrame({ cell, probability, gene })),
    [CELLS_PIECE]: encodeFrame(settledCellsFrame({ ...cells, columns, x0, y0, x1, y1 })),
    [COUNTS_PIECE]: encodeFrame(settledCountsFrame(countsOf({ cell, gene }, cells))),
  };
  const voxels: PartPlace[] = [];
  const squares = new Squares(core, bandUm, gridOriginUm, grid.voxelUm);
  const cut = squares.cut({ ...shapes, loadings: { value: new Float32Array(0) } });
  for (const s of SQUARES) {
    if (cut[s].cells.cell.length === 0) continue;
    const name = `voxels${s}`;
    voxels.push({ name, placesUm: null, voxels: voxelsOf(cut[s].runs) });
    pieces[name] = encodeFrame(settledVoxelsFrame({ runs: cut[s].runs, cells: cut[s].cells }));
  }
  return settledTileFrame({ tile, grid, transcripts: cell.length, voxels }, pieces);
}
