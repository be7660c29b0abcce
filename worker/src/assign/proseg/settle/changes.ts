import { SpatileError } from '@spatile/formats/errors';
import { eachShared, type Verdicts } from '@spatile/formats/tile/claims';
import type { ChangedCell } from '@spatile/formats/tile/nearby';
import type { BorderOutcome } from '@spatile/formats/tile/parts';
import { runSpans } from '@spatile/formats/tile/runs';

/**
 * What the last of several outcomes says of every cell that one of them could change; null for a cell that lost its last voxel
 * to a conflict (the sampler itself never takes the last voxel of a cell).
 */
export function changedCells(outcomes: readonly BorderOutcome[]): Map<number, ChangedCell | null> {
  const changed = new Map<number, ChangedCell | null>();
  for (const { result, active } of outcomes) {
    const { runs, cells, loadings } = result;
    const spans = runSpans(runs);
    const latent = cells.cell.length === 0 ? 0 : loadings.value.length / cells.cell.length;
    const index = new Map([...cells.cell].map((cell, i) => [cell, i]));
    for (const cell of active.keys()) {
      const at = index.get(cell);
      if (at === undefined) {
        changed.set(cell, null);
        continue;
      }
      changed.set(cell, {
        runs,
        span: spanOf(spans, cell),
        component: cells.component[at],
        loadings: loadings.value.subarray(at * latent, (at + 1) * latent),
      });
    }
  }
  return changed;
}

/** Puts the verdicts of border units, in order, over those of ascending input rows. */
export function overlayClaims(
  verdicts: Verdicts,
  row: Uint32Array,
  outcomes: readonly BorderOutcome[],
): void {
  for (const { result } of outcomes) {
    const { claims } = result;
    eachShared(row, claims.row, (i, c) => {
      verdicts.cell[i] = claims.cell[c];
      verdicts.probability[i] = claims.probability[c];
      verdicts.dx[i] = claims.dx[c];
      verdicts.dy[i] = claims.dy[c];
      verdicts.dl[i] = claims.dl[c];
    });
  }
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
