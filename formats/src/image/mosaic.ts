import type { Affine } from '../space.ts';
import type { PackedBlock, PackedWindow, PixelRect } from './packed.ts';
import type { SlideImage } from './slide-image.ts';
import { imageInvalid } from './tiff-directory.ts';

/** An image and the place of its upper left pixel in the mosaic. */
export interface MosaicPart {
  x: number;
  y: number;
  image: SlideImage;
}

/** More pixels along an edge than any slide has. */
const MAX_EDGE_PX = 2 ** 24;

/**
 * One image made of equal ones at whole pixels; of parts that overlap the later lies on top, and between parts it is 0. One level:
 * of the parts the full resolution. Takes over the parts and closes them.
 * Errors: `IMAGE_INVALID` when parts differ in channels or kind, or lie absurdly far apart.
 */
export function mosaicImage(name: string, parts: readonly MosaicPart[], pixelToUm: Affine): SlideImage {
  const [first] = parts;
  let [widthPx, heightPx, blockBytes] = [0, 0, 0];
  for (const { x, y, image } of parts) {
    const { widthPx: width, heightPx: height, blockBytes: bytes } = image.levels[0];
    if (image.channels.join() !== first.image.channels.join())
      throw imageInvalid(
        image.name,
        `its channels are ${image.channels.join(', ')}, those of ${first.image.name} ${first.image.channels.join(', ')}`,
      );
    [widthPx, heightPx] = [Math.max(widthPx, x + width), Math.max(heightPx, y + height)];
    blockBytes = Math.max(blockBytes, bytes);
  }
  if (!(Math.max(widthPx, heightPx) <= MAX_EDGE_PX))
    throw imageInvalid(name, `its fields lie too far apart (${widthPx} x ${heightPx} pixels)`);
  return {
    name,
    channels: first.image.channels,
    levels: [{ widthPx, heightPx, factor: 1, blockBytes }],
    pixelToUm,
    pack: (_, channel, window) => packParts(name, parts, channel, window),
    close: async () => {
      for (const { image } of parts) await image.close();
    },
  };
}

async function packParts(
  name: string,
  parts: readonly MosaicPart[],
  channel: number,
  window: PixelRect,
): Promise<PackedWindow> {
  let codec: PackedWindow['codec'] | null = null;
  const blocks: PackedBlock[] = [];
  for (const { x, y, image } of parts) {
    const [{ widthPx, heightPx }] = image.levels;
    const own = {
      x0: Math.max(0, window.x0 - x),
      y0: Math.max(0, window.y0 - y),
      x1: Math.min(widthPx, window.x1 - x),
      y1: Math.min(heightPx, window.y1 - y),
    };
    if (own.x0 >= own.x1 || own.y0 >= own.y1) continue;
    const packed = await image.pack(0, channel, own);
    codec ??= packed.codec;
    if (JSON.stringify(packed.codec) !== JSON.stringify(codec))
      throw imageInvalid(image.name, 'its pixels are stored otherwise than those of other fields');
    for (const block of packed.blocks) {
      // What a tile holds beyond its image would cover the neighbour.
      const width = Math.min(block.width, widthPx - block.x);
      const height = Math.min(block.height, heightPx - block.y);
      blocks.push({ ...block, x: block.x + x, y: block.y + y, width, height });
    }
  }
  return { file: name, codec: codec ?? (await parts[0].image.pack(0, channel, EMPTY)).codec, blocks };
}

const EMPTY: PixelRect = { x0: 0, y0: 0, x1: 0, y1: 0 };
