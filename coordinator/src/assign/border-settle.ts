import { SpatileError } from '@spatile/formats/errors';
import type { AssignResult } from '@spatile/formats/tile/assign';
import { runSpans, sliceRuns } from './runs.ts';
import { filterRuns, mergeRuns, type TileState } from './state.ts';

/**
 * Puts the results of a phase's border units into the settled state of one tile: new verdicts for the transcripts observed
 * in a strip, new voxels, component and loadings for the cells that were active there. Units of one phase do not overlap,
 * so their order does not matter.
 *
 * @param row the tile's partition rows, ascending.
 * @param ownsCell whether a cell is owned by this tile.
 */
export function applyBorderResults(
  state: TileState,
  row: Uint32Array,
  results: { result: AssignResult; active: ReadonlySet<number> }[],
  ownsCell: (cell: number) => boolean,
): TileState {
  const verdicts = {
    cell: state.verdicts.cell.slice(),
    probability: state.verdicts.probability.slice(),
    dx: state.verdicts.dx.slice(),
    dy: state.verdicts.dy.slice(),
    dl: state.verdicts.dl.slice(),
  };
  let shape: Omit<TileState, 'verdicts'> = { runs: state.runs, cells: state.cells, loadings: state.loadings };
  for (const { result, active } of results) {
    const { claims } = result;
    for (let c = 0, i = 0; c < claims.row.length && i < row.length; c++) {
      while (i < row.length && row[i] < claims.row[c]) i++;
      if (i === row.length || row[i] !== claims.row[c]) continue;
      verdicts.cell[i] = claims.cell[c];
      verdicts.probability[i] = claims.probability[c];
      verdicts.dx[i] = claims.dx[c];
      verdicts.dy[i] = claims.dy[c];
      verdicts.dl[i] = claims.dl[c];
    }
    shape = replaceCells(shape, result, (cell) => active.has(cell) && ownsCell(cell));
  }
  return { verdicts, ...shape };
}

function replaceCells(
  shape: Omit<TileState, 'verdicts'>,
  result: AssignResult,
  replaced: (cell: number) => boolean,
): Omit<TileState, 'verdicts'> {
  if (!shape.cells.cell.some(replaced)) return shape;
  const spans = runSpans(result.runs);
  const fresh = [...result.cells.cell].filter(replaced);
  const freshRuns = sliceRuns(
    result.runs,
    fresh.map((cell) => spanOf(spans, cell)),
  );
  const latentOld = shape.cells.cell.length === 0 ? 0 : shape.loadings.value.length / shape.cells.cell.length;
  const latentNew =
    result.cells.cell.length === 0 ? latentOld : result.loadings.value.length / result.cells.cell.length;
  if (fresh.length > 0 && latentOld !== latentNew)
    throw new SpatileError(
      'INTERNAL',
      `border result of ${result.meta.tile}: loadings are ${latentNew} wide, expected ${latentOld}; please report this`,
    );
  const index = new Map([...result.cells.cell].map((cell, i) => [cell, i]));
  // A cell that lost its last voxel to a conflict is gone; the sampler itself never takes the last voxel of a cell.
  const kept = [...shape.cells.cell.keys()].filter(
    (i) => !replaced(shape.cells.cell[i]) || index.has(shape.cells.cell[i]),
  );
  const cells = { cell: new Uint32Array(kept.length), component: new Uint16Array(kept.length) };
  const value = new Float32Array(kept.length * latentOld);
  kept.forEach((i, k) => {
    const cell = shape.cells.cell[i];
    const from = replaced(cell) ? index.get(cell)! : -1;
    cells.cell[k] = cell;
    cells.component[k] = from < 0 ? shape.cells.component[i] : result.cells.component[from];
    const source =
      from < 0
        ? shape.loadings.value.subarray(i * latentOld, (i + 1) * latentOld)
        : result.loadings.value.subarray(from * latentOld, (from + 1) * latentOld);
    value.set(source, k * latentOld);
  });
  return {
    runs: mergeRuns([filterRuns(shape.runs, (cell) => !replaced(cell)), freshRuns]),
    cells,
    loadings: { value },
  };
}

function spanOf(spans: Map<number, [number, number]>, cell: number): [number, number] {
  const span = spans.get(cell);
  if (span === undefined)
    throw new SpatileError(
      'INTERNAL',
      `border result: cell ${cell} is listed without voxels; please report this`,
    );
  return span;
}
