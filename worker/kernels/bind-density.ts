import { checkSizes, openRoom } from './kernel-room.ts';

/** Binds the kernel `density.wasm`. */

interface DensityExports {
  smooth(
    counts: number,
    weights: number,
    line: number,
    rows: number,
    stride: number,
    height: number,
    reach: number,
  ): void;
}

/** Columns that are summed at once. */
const LANES = 8;

/**
 * Sums of counts within reach along both axes, weighted by the distance along either: row-major `height` x `width`, rounded to
 * float32 after each axis. Memory: about 12 bytes per column.
 *
 * @param counts by column, row-major; not changed.
 * @param weights by distance in columns, that of 0 first, which has to be 1.
 * Errors: RangeError for sizes that do not fit each other, or when the engine has no memory for them.
 */
export async function weightedSums(
  counts: Float32Array,
  width: number,
  height: number,
  weights: Float64Array,
): Promise<Float32Array> {
  checkSizes('density', { width, height });
  if (counts.length !== width * height) throw new RangeError(`density kernel: counts is ${counts.length}`);
  if (weights[0] !== 1) throw new RangeError(`density kernel: weights begin with ${weights[0]}`);
  const stride = Math.ceil(width / LANES) * LANES;
  const reach = weights.length - 1;
  const room = await openRoom<DensityExports>('density');
  try {
    const countsAt = room.lay(4 * stride * height);
    const weightsAt = room.lay(8 * weights.length);
    const lineAt = room.lay(8 * (stride + 2 * reach));
    const rowsAt = room.lay(8 * stride * (height + 2 * reach));
    room.fit();
    const padded = new Float32Array(room.buffer, countsAt, stride * height).fill(0);
    for (let j = 0; j < height; j++) padded.set(counts.subarray(j * width, (j + 1) * width), j * stride);
    new Float64Array(room.buffer, weightsAt, weights.length).set(weights);
    room.kernel.smooth(countsAt, weightsAt, lineAt, rowsAt, stride, height, reach);
    const out = new Float32Array(width * height);
    for (let j = 0; j < height; j++) out.set(padded.subarray(j * stride, j * stride + width), j * width);
    return out;
  } finally {
    room.release();
  }
}
