import { writeFile } from 'node:fs/promises';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { tiffBytes } from '../unit/image/tiff-bytes.ts';
import { discImage, randomDiscs } from '../unit/segment/scene.ts';

/** A slide without any prior segmentation: an image of nuclei and transcripts around them. */

export const [WIDTH, HEIGHT, PIXEL_UM] = [320, 256, 0.4];
const DISCS = randomDiscs(40, WIDTH, HEIGHT, 3);

/** Writes its transcripts to a table. */
export async function table(path: string): Promise<string> {
  const lines = ['x,y,gene'];
  DISCS.forEach(({ x, y }, i) => {
    for (let k = 0; k < 12; k++) {
      const [dx, dy] = [((k * 5) % 7) - 3, ((k * 3) % 7) - 3];
      const inside = (value: number, most: number): number => Math.min(most - 1, Math.max(1, value));
      lines.push(
        `${inside(x + dx, WIDTH) * PIXEL_UM},${inside(y + dy, HEIGHT) * PIXEL_UM},gene${(i + k) % 5}`,
      );
    }
  });
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** Writes its image. */
export async function image(path: string): Promise<string> {
  const pixels = Uint16Array.from(discImage(WIDTH, HEIGHT, DISCS));
  await writeFile(
    path,
    tiffBytes({ width: WIDTH, height: HEIGHT, pixels, tile: 64, compression: 'deflate' }),
  );
  return path;
}

/** Settings that segment the image; `segment` changes some. */
export const segmenting = (file: string, segment: RunConfigInput['segment'] = {}): RunConfigInput => ({
  input: { platform: 'table' },
  segment: { method: 'watershed', image: file, pixelSizeUm: PIXEL_UM, ...segment },
  assign: { method: 'expand' },
});
