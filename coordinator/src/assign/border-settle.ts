import { SpatileError } from '@spatile/formats/errors';
import { type BorderOutcome, type ChangedCell, changedCells, overlayClaims } from './border-changes.ts';
import { sliceRuns } from './runs.ts';
import { filterRuns, mergeRuns, type TileState } from './state.ts';

/**
 * Puts the results of border units into the settled state of one tile: new verdicts for the transcripts observed in a strip,
 * new voxels, component and loadings for the cells that were active there. A later outcome goes over an earlier one; those of
 * one phase do not overlap, so their order does not matter.
 *
 * @param row the tile's partition rows, ascending.
 * @param outcomes in the order of their phases.
 * @param ownsCell whether a cell is owned by this tile.
 */
export function applyBorderResults(
  state: TileState,
  row: Uint32Array,
  outcomes: readonly BorderOutcome[],
  ownsCell: (cell: number) => boolean,
): TileState {
  const { cell, probability, dx, dy, dl } = state.verdicts;
  const verdicts = {
    cell: cell.slice(),
    probability: probability.slice(),
    dx: dx.slice(),
    dy: dy.slice(),
    dl: dl.slice(),
  };
  overlayClaims(verdicts, row, outcomes);
  const changed = new Map([...changedCells(outcomes)].filter(([k]) => ownsCell(k)));
  return { ...state, verdicts, ...replaceCells(state, changed) };
}

function replaceCells(
  { runs, cells, loadings }: Omit<TileState, 'verdicts'>,
  changed: Map<number, ChangedCell | null>,
): Pick<TileState, 'runs' | 'cells' | 'loadings'> {
  const touched = [...cells.cell].filter((cell) => changed.has(cell));
  if (touched.length === 0) return { runs, cells, loadings };
  const latent = loadings.value.length / cells.cell.length;
  const fresh = touched.flatMap((cell) => changed.get(cell) ?? []);
  const kept = [...cells.cell.keys()].filter((i) => changed.get(cells.cell[i]) !== null);
  const value = new Float32Array(kept.length * latent);
  const component = new Uint16Array(kept.length);
  kept.forEach((i, k) => {
    const from = changed.get(cells.cell[i]);
    if (from && from.loadings.length !== latent)
      throw new SpatileError(
        'INTERNAL',
        `border result, cell ${cells.cell[i]}: loadings are ${from.loadings.length} wide, expected ${latent}; please report this`,
      );
    component[k] = from ? from.component : cells.component[i];
    value.set(from ? from.loadings : loadings.value.subarray(i * latent, (i + 1) * latent), k * latent);
  });
  return {
    runs: mergeRuns([
      filterRuns(runs, (cell) => !changed.has(cell)),
      ...fresh.map(({ runs: found, span }) => sliceRuns(found, [span])),
    ]),
    cells: { cell: Uint32Array.from(kept, (i) => cells.cell[i]), component },
    loadings: { value },
  };
}
