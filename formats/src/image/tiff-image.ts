import { basename } from 'node:path';
import type { ImageSource } from '../bundle/slide.ts';
import type { PackedBlock, PackedWindow, PixelRect } from './packed.ts';
import { type ImageLevel, levelFactor, type SlideImage } from './slide-image.ts';
import { blockLayout, canDecode, decodedBytes } from './tiff-block.ts';
import {
  asImageError,
  imageInvalid,
  openTiffFile,
  readDirectory,
  readPage,
  type TiffFile,
  type TiffPage,
} from './tiff-directory.ts';
import { splitStrips } from './tiff-plane.ts';

/** Largest decoded block: a whole slide in one compressed strip would need all memory of a worker. */
const MAX_BLOCK_BYTES = 256 * 2 ** 20;
/** More levels than a pyramid of the largest image has. */
const MAX_LEVELS = 32;

interface Plane {
  path: string;
  file: TiffFile;
  levels: TiffPage[];
  sample: number;
}

/**
 * Opens an image whose channels lie in TIFF or BigTIFF files: with the levels of a pyramid that all its channels have, in
 * SubIFDs (OME-TIFF) or in the pages that follow (marked as reduced). The caller closes it.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID` (damaged, truncated, other sizes than described, compressed in a
 * way that is not read).
 */
export async function openTiffImage(source: ImageSource): Promise<SlideImage> {
  const files = new Map<string, TiffFile>();
  const close = async (): Promise<void> => {
    for (const file of files.values()) await file.close();
  };
  try {
    const planes: Plane[] = [];
    for (const { path, page, sample } of source.planes) {
      const file = files.get(path) ?? (await openTiffFile(path));
      files.set(path, file);
      planes.push({ path, file, sample, levels: await levelsOf(path, file, page) });
    }
    for (const plane of planes) await checkPlane(plane, source);
    const levels = sharedLevels(planes);
    return {
      name: source.name,
      channels: source.channels,
      pixelToUm: source.pixelToUm,
      levels,
      pack: (level, channel, window) => pack(planes[channel], levels[level].factor, window),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function levelsOf(path: string, file: TiffFile, index: number): Promise<TiffPage[]> {
  const full = readPage(path, file, index);
  const levels = [full];
  const offsets = file.pages[index].getValue('SubIFDs' as never) as ArrayLike<number> | number | undefined;
  const listed = offsets === undefined ? [] : typeof offsets === 'number' ? [offsets] : Array.from(offsets);
  for (const offset of listed.slice(0, MAX_LEVELS))
    levels.push(readDirectory(path, file, await file.directoryAt(Number(offset)), `${index} (SubIFD)`));
  for (let next = index + 1; listed.length === 0 && next < file.pages.length; next++) {
    // Bit 0 of NewSubfileType: a reduced version of another page of the file.
    const type = Number(file.pages[next].getValue('NewSubfileType' as never) ?? 0);
    if ((type & 1) === 0 || levels.length === MAX_LEVELS) break;
    levels.push(readPage(path, file, next));
  }
  return levels.filter(
    (level, i) => i === 0 || (factorOf(full, level) !== null && level.dataType === full.dataType),
  );
}

const factorOf = (full: TiffPage, level: TiffPage): number | null =>
  level === full ? 1 : levelFactor([full.widthPx, full.heightPx], [level.widthPx, level.heightPx]);

async function checkPlane({ path, file, levels, sample }: Plane, source: ImageSource): Promise<void> {
  const [full] = levels;
  if (full.widthPx !== source.widthPx || full.heightPx !== source.heightPx) {
    throw imageInvalid(
      path,
      `it is ${full.widthPx} x ${full.heightPx} pixels, other channels of ${source.name} are ${source.widthPx} x ${source.heightPx}`,
    );
  }
  if (sample >= full.samples)
    throw imageInvalid(path, `a pixel has no sample ${sample} (${full.samples} samples)`);
  for (const page of levels) {
    const layout = blockLayout(page, file.littleEndian);
    if (!(await canDecode(layout)))
      throw imageInvalid(path, `its compression is not read (TIFF compression ${page.compression})`);
    const bytes = decodedBytes(layout, splitStrips(page).blockHeightPx);
    if (bytes > MAX_BLOCK_BYTES)
      throw imageInvalid(
        path,
        `its blocks are too large to decode (${bytes} bytes); save it in tiles of 1024 pixels`,
      );
  }
}

/** Levels by factor that every channel has. */
function sharedLevels(planes: Plane[]): ImageLevel[] {
  const [first, ...others] = planes.map(
    ({ levels }) => new Map(levels.map((page) => [factorOf(levels[0], page)!, page])),
  );
  return [...first]
    .filter(([factor, page]) =>
      others.every((levels) => {
        const same = levels.get(factor);
        return same !== undefined && same.widthPx === page.widthPx && same.heightPx === page.heightPx;
      }),
    )
    .map(([factor, page]) => ({
      factor,
      widthPx: page.widthPx,
      heightPx: page.heightPx,
      blockBytes: Math.max(...planes.map(({ levels }) => blockBytesAt(levels, factor))),
    }))
    .sort((a, b) => a.factor - b.factor);
}

function blockBytesAt(levels: TiffPage[], factor: number): number {
  const page = levels.find((level) => factorOf(levels[0], level) === factor)!;
  return decodedBytes(blockLayout(page, true), splitStrips(page).blockHeightPx);
}

async function pack(
  { path, file, levels, sample }: Plane,
  factor: number,
  window: PixelRect,
): Promise<PackedWindow> {
  const page = splitStrips(levels.find((level) => factorOf(levels[0], level) === factor)!);
  const { blockWidthPx: width, blockHeightPx, blocksAcross, blocksDown } = page;
  const plane = page.planar ? sample * blocksAcross * blocksDown : 0;
  const blocks: PackedBlock[] = [];
  for (let by = Math.floor(window.y0 / blockHeightPx); by * blockHeightPx < window.y1; by++) {
    const y = by * blockHeightPx;
    const height = page.tiled ? blockHeightPx : Math.min(blockHeightPx, page.heightPx - y);
    for (let bx = Math.floor(window.x0 / width); bx * width < window.x1; bx++) {
      const index = plane + by * blocksAcross + bx;
      const [offset, length] = [Number(page.offsets[index]), Number(page.byteCounts[index])];
      if (length === 0) continue;
      const bytes = await asImageError(path, `reading block ${bx}, ${by}`, () =>
        file.source.read(offset, length),
      );
      blocks.push({ x: bx * width, y, width, height, bytes: new Uint8Array(bytes) });
    }
  }
  return {
    file: basename(path),
    codec: { format: 'tiff', layout: blockLayout(page, file.littleEndian), sample: page.planar ? 0 : sample },
    blocks,
  };
}
