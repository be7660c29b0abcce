import { FIT_SAMPLES, segmentFitResultFrame, segmentFitTileFrom } from '@spatile/formats/tile/segment';
import type { Handler } from '../handler.ts';
import { preparePlanes } from './prepare.ts';

/** Edge of the blocks that are sampled, in pixels. */
const BLOCK_PX = 16;
/** Pixels between samples of a block. */
const STEP_PX = 4;

/**
 * Samples the pixels of a pilot window: of every block of 16 x 16 pixels 16 values per channel, so that the coordinator can
 * tell tissue from background by block.
 *
 * In: segment-fit-tile. Out: segment-fit-result. Errors: `IMAGE_INVALID`.
 */
export const segmentFit: Handler = async (input) => {
  const { meta, pixels } = segmentFitTileFrom(input);
  const { rows, columns, channels } = await preparePlanes(pixels, 1);
  const across = Math.ceil(columns / BLOCK_PX);
  const down = Math.ceil(rows / BLOCK_PX);
  const value = new Float32Array(across * down * channels.length * FIT_SAMPLES);
  let at = 0;
  for (let by = 0; by < down; by++) {
    for (let bx = 0; bx < across; bx++) {
      for (const plane of channels) {
        for (let k = 0; k < FIT_SAMPLES; k++) {
          // A block that the image cuts repeats its last row and column.
          const y = Math.min(rows - 1, by * BLOCK_PX + STEP_PX * (k >> 2) + 2);
          const x = Math.min(columns - 1, bx * BLOCK_PX + STEP_PX * (k & 3) + 2);
          value[at++] = plane[y * columns + x];
        }
      }
    }
  }
  return segmentFitResultFrame({ meta: { tile: meta.tile, channels: channels.length }, samples: { value } });
};
