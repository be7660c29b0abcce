import type { CellposeManifest } from '@spatile/formats/model/manifest';
import { invalid } from '@spatile/formats/model/read';
import { exp } from '@spatile/random/elementary';
import type { HandlerContext } from '../../handler.ts';
import type { InputCutter } from '../../network/input.ts';
import { patchStarts } from '../../network/patches.ts';
import type { Network } from '../../network/session.ts';
import type { Planes } from '../method.ts';

/** Dense maps of a tile: flows in units of 5 along rows and columns, and the logit of lying in a cell. */
export interface FlowMaps {
  flowRow: Float32Array;
  flowColumn: Float32Array;
  logit: Float32Array;
}

/** Width of a patch's fading edge in pixels, and its slope (Cellpose's blending). */
const FADE_FROM_EDGE = 20;
const FADE_SLOPE = 7.5;

/**
 * Runs a network of fixed patches over a tile and blends where they overlap. Patches lie on a lattice fixed in the slide
 * (stride = patch - overlap), in reading order, so that every tile that holds a patch whole gives it the same values. What
 * lies beyond the tile counts as zero.
 *
 * Errors: `MODEL_INVALID` for an output of another shape.
 */
export async function flowMaps(
  network: Network,
  cutter: InputCutter,
  manifest: CellposeManifest,
  planes: Planes,
  context: Pick<HandlerContext, 'progress'>,
): Promise<FlowMaps> {
  const { patchPx: side, overlapPx, output } = manifest.decode;
  const stride = side - overlapPx;
  const { rows, columns } = planes;
  const last = manifest.input.axes.endsWith('C');
  const sums = [0, 1, 2].map(() => new Float32Array(rows * columns));
  const weights = new Float32Array(rows * columns);
  const weight = fade(side);
  const tops = patchStarts(planes.row0, rows, side, stride);
  const lefts = patchStarts(planes.column0, columns, side, stride);
  for (const [done, row] of tops.entries()) {
    for (const column of lefts) {
      const patch = cutter.cut({ row, column, rows: side, columns: side }, 'zero');
      const { [output]: maps } = await network.run(patch, [output]);
      if (maps.data.length !== 3 * side * side) {
        const shape = maps.shape.join(' x ');
        throw invalid(
          manifest.weights.file,
          `the output ${output} has another shape`,
          shape,
          `3 maps of ${side} x ${side}`,
        );
      }
      for (let y = Math.max(0, -row); y < side && row + y < rows; y++) {
        for (let x = Math.max(0, -column); x < side && column + x < columns; x++) {
          const w = weight[y] * weight[x];
          const to = (row + y) * columns + column + x;
          const at = y * side + x;
          for (let c = 0; c < 3; c++) sums[c][to] += w * maps.data[last ? at * 3 + c : c * side * side + at];
          weights[to] += w;
        }
      }
    }
    context.progress((0.8 * (done + 1)) / tops.length);
  }
  for (const sum of sums) for (let i = 0; i < sum.length; i++) sum[i] /= weights[i];
  return { flowRow: sums[0], flowColumn: sums[1], logit: sums[2] };
}

/** Weight of a pixel by its place along the patch: a logistic fall near both ends. */
function fade(side: number): Float32Array {
  return Float32Array.from({ length: side }, (_, t) => {
    const fromCentre = Math.abs(t - (side - 1) / 2);
    return 1 / (1 + exp((fromCentre - (side / 2 - FADE_FROM_EDGE)) / FADE_SLOPE));
  });
}
