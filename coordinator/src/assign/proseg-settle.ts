import type { BorderUnit } from '../seams/border.ts';
import type { BorderOutcome } from './border-changes.ts';
import { applyBorderResults } from './border-settle.ts';
import type { ProsegResults } from './proseg-results.ts';
import { claimsOn, settleVerdicts } from './settle.ts';
import type { AssignStage } from './stage.ts';
import { BORDERS, SETTLED } from './states.ts';

type Stage = Pick<AssignStage, 'slide' | 'regions' | 'states'>;

/** Writes the settled state of one tile after the assign round. Returns the tile's diagnostics. */
export async function settleTile(
  { slide, regions, states }: Stage,
  results: ProsegResults,
  tile: number,
  others: readonly number[],
): Promise<Record<string, number>> {
  const { core } = slide.plan.tiles[tile];
  const result = await results.tile(tile);
  const { row, x, y } = await regions.partition(tile);
  const claims = [];
  for (const other of others) {
    const { claims: all } = await results.tile(other);
    claims.push({ tile: other, core: slide.plan.tiles[other].core, result: { claims: claimsOn(row, all) } });
  }
  const { voxelUm, layers, layerUm, diagnostics } = result.meta;
  await states.write(
    SETTLED,
    tile,
    { voxelUm, layers, layerUm },
    {
      verdicts: settleVerdicts({ tile, core, result }, claims, row, x, y, slide.ownerOfCell),
      runs: result.runs,
      cells: result.cells,
      loadings: result.loadings,
    },
  );
  return diagnostics;
}

/** Writes the state of one tile after the border units, which are in the order of their phases. */
export async function foldUnits(
  { slide, regions, states }: Stage,
  results: ProsegResults,
  tile: number,
  units: readonly BorderUnit[],
): Promise<void> {
  const before = await states.readVersion(tile, SETTLED);
  const { row } = await regions.partition(tile);
  const outcomes: BorderOutcome[] = [];
  for (const unit of units) outcomes.push(await results.unit(unit));
  const after = applyBorderResults(
    before.state,
    row,
    outcomes,
    (cell) => slide.ownerOfCell[cell - 1] === tile,
  );
  await states.write(BORDERS, tile, before.grid, after);
}
