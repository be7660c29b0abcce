import { basename } from 'node:path';
import { SpatileError } from '../../errors.ts';
import { describeTiff, openPlane } from '../../image/tiff.ts';
import { appendPixels, emptyLine, type LabelLine, type MaskReader } from './runs.ts';

/** Pixels are read in windows of this edge; only the runs of one row of windows are held. */
const WINDOW_PX = 1024;

/**
 * Opens a TIFF mask of one sample and one page.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID`, `MASK_DTYPE` (several samples), `MASK_SHAPE` (a stack).
 */
export async function openTiffMask(path: string): Promise<MaskReader> {
  const name = basename(path);
  const { widthPx, heightPx, samples, dataType, pages } = await describeTiff(path);
  if (samples !== 1) {
    throw new SpatileError(
      'MASK_DTYPE',
      `${name}: the image has ${samples} samples per pixel; expected one label per pixel; save the labels as integers, not as a picture`,
      { fields: { file: path } },
    );
  }
  if (pages > 1 && (await isStack(path, widthPx, heightPx))) {
    throw new SpatileError(
      'MASK_SHAPE',
      `${name}: the mask has ${pages} pages of ${widthPx}x${heightPx}; expected one plane; save the plane to use as a file of its own`,
      { fields: { file: path } },
    );
  }
  return { widthPx, heightPx, dataType, columns: false, lines: () => readLines(path, name) };
}

/** Whether the second page is as large as the first: a stack, where smaller pages are levels of a pyramid. */
async function isStack(path: string, widthPx: number, heightPx: number): Promise<boolean> {
  const second = await openPlane(path, 1, 0);
  await second.close();
  return second.widthPx === widthPx && second.heightPx === heightPx;
}

async function* readLines(path: string, name: string): AsyncGenerator<LabelLine> {
  const plane = await openPlane(path, 0, 0);
  try {
    for (let y0 = 0; y0 < plane.heightPx; y0 += WINDOW_PX) {
      const y1 = Math.min(y0 + WINDOW_PX, plane.heightPx);
      const lines = Array.from({ length: y1 - y0 }, emptyLine);
      for (let x0 = 0; x0 < plane.widthPx; x0 += WINDOW_PX) {
        const x1 = Math.min(x0 + WINDOW_PX, plane.widthPx);
        const pixels = await plane.readWindow(x0, y0, x1, y1);
        lines.forEach((line, row) => {
          const from = row * (x1 - x0);
          appendPixels(line, pixels, from, from + x1 - x0, x0, name);
        });
      }
      yield* lines;
    }
  } finally {
    await plane.close();
  }
}
