import { type RectUm, rectContains } from '@spatile/formats/space';
import type { AssignTile } from '@spatile/formats/tile/assign';
import { settleVerdicts, type Verdicts } from '@spatile/formats/tile/claims';
import type { Frame } from '@spatile/formats/tile/frame';
import { cellsNear, type TileCells } from '@spatile/formats/tile/nearby';
import {
  type BorderOutcome,
  borderOutcomeIn,
  farClaimsIn,
  type TilePart,
  tilePartIn,
} from '@spatile/formats/tile/parts';
import type { BorderState } from '@spatile/formats/tile/proseg';
import { boxOf, emptyRuns, runSpans, touchesBox, type VoxelBox, voxelBox } from '@spatile/formats/tile/runs';
import type { SettleSources } from '@spatile/formats/tile/settle';
import { concatenated } from '../../concatenated.ts';
import { changedCells, overlayClaims } from './changes.ts';

/**
 * The settled state of a border unit's region, from the results of the tiles around it (`meta.sources`) and of the earlier units
 * that it meets. A cell may change (`active`) when all its voxels lie in the region, and its seed or one of them in the strip.
 * Errors: `RUN_CORRUPT` for damaged pieces, `INTERNAL` when a transcript is nowhere named.
 */
export function borderState(input: Frame, tile: AssignTile, voxelUm: number): BorderState {
  const { tiles, units } = input.meta.sources as SettleSources;
  const { core: strip, region, gridOriginUm } = tile.meta;
  const parts = tiles.map(({ parts }) => parts.map((name) => tilePartIn(input, name)));
  const earlier = units.map((name) => borderOutcomeIn(input, name));
  const sources = parts.flatMap((own, i) =>
    own.map(({ runs, cells, loadings }): TileCells => ({ tile: tiles[i].tile, runs, cells, loadings })),
  );
  const inside = voxelBox(region, gridOriginUm, voxelUm);
  const { runs, cells } = cellsNear(
    [...sources, ...comeNear(sources, earlier)],
    inside,
    changedCells(earlier),
  );
  const isActive = activity(tile, runs, inside, voxelBox(strip, gridOriginUm, voxelUm));
  return {
    transcripts: verdictsOf(input, tile, parts.flat(), earlier),
    runs,
    cells: {
      cell: Uint32Array.from(cells, ({ cell }) => cell),
      component: Uint16Array.from(cells, ({ component }) => component),
      active: Uint8Array.from(cells, ({ cell }) => (isActive(cell) ? 1 : 0)),
      tile: Uint32Array.from(cells, (entry) => entry.tile),
    },
    loadings: {
      value: concatenated(
        Float32Array,
        cells.map(({ loadings }) => loadings),
      ),
    },
    cores: coreTable(tiles),
  };
}

/** Cells that earlier units may have let come near: as the tiles left them they were too far off to be sent along. */
function comeNear(sources: readonly TileCells[], earlier: readonly BorderOutcome[]): TileCells[] {
  const known = new Set(sources.flatMap(({ cells }) => [...cells.cell]));
  const owners = new Map(earlier.flatMap(({ active }) => [...active]));
  return [...owners].flatMap(([cell, tile]) => {
    if (known.has(cell)) return [];
    const cells = { cell: Uint32Array.of(cell), component: Uint16Array.of(0) };
    return [{ tile, runs: emptyRuns(0), cells, loadings: { value: new Float32Array(0) } }];
  });
}

function verdictsOf(
  input: Frame,
  { meta, transcripts }: AssignTile,
  parts: readonly TilePart[],
  earlier: readonly BorderOutcome[],
): Verdicts {
  const far = (input.meta.sources as SettleSources).tiles.flatMap(({ tile, core, far: name }) =>
    name === null ? [] : [{ tile, core, claims: farClaimsIn(input, name) }],
  );
  const own = parts.map(({ claims }) => claims);
  const verdicts = settleVerdicts(transcripts.row, own, far, `border ${meta.tile}`);
  overlayClaims(verdicts, transcripts.row, earlier);
  return verdicts;
}

function activity(
  { meta: { core: strip }, cells }: AssignTile,
  runs: BorderState['runs'],
  inside: VoxelBox,
  stripBox: VoxelBox,
): (cell: number) => boolean {
  const spans = runSpans(runs);
  const seeded = new Set(cells.cell.filter((_, i) => rectContains(strip, cells.seedX[i], cells.seedY[i])));
  return (cell) => {
    const span = spans.get(cell)!;
    return within(boxOf(runs, span), inside) && (seeded.has(cell) || touchesBox(runs, span, stripBox));
  };
}

/** Whether a box lies in another. */
const within = (box: VoxelBox, outer: VoxelBox): boolean =>
  box[0] >= outer[0] && box[1] >= outer[1] && box[2] <= outer[2] && box[3] <= outer[3];

function coreTable(tiles: readonly { tile: number; core: RectUm }[]): BorderState['cores'] {
  const edge = (name: keyof RectUm): Float64Array => Float64Array.from(tiles, ({ core }) => core[name]);
  return {
    tile: Uint32Array.from(tiles, ({ tile }) => tile),
    x0: edge('x0'),
    y0: edge('y0'),
    x1: edge('x1'),
    y1: edge('y1'),
  };
}
