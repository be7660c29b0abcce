import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PIXEL_SIZE_UM } from '../manifest.ts';
import type { Tissue } from '../tissue.ts';
import { CHANNELS } from './channels.ts';
import { OmeTiffWriter, TILE_PX } from './ome-tiff.ts';
import { type OmeFile, omeXml } from './ome-xml.ts';
import { foldTile, levelSizes, type TileIndex, tilesInOrder } from './pyramid.ts';
import { SlideRenderer, slidePx } from './slide-renderer.ts';

/**
 * Writes the slide's four stains into `folder` as XOA 2 and 3 do: one OME-TIFF per channel at 0.2125 microns per pixel,
 * linked by OME-XML, each a pyramid. Tile by tile: memory does not grow with the slide but for one tile per level.
 */
export async function writeImages(
  folder: string,
  tissue: Tissue,
  progress: (done: number, total: number) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { seed, sizeUm } = tissue.settings;
  const sizes = levelSizes(slidePx(sizeUm));
  const files = CHANNELS.map(({ name }, channel) => omeFile(name, channel, seed));
  const writers: OmeTiffWriter[] = [];
  try {
    for (const { name } of files) writers.push(await OmeTiffWriter.create(join(folder, name), sizes));
    await writeTiles(writers, new SlideRenderer(tissue), sizes, progress);
    for (const [own, writer] of writers.entries())
      await writer.finish(omeXml(files, own, sizes[0], PIXEL_SIZE_UM));
  } finally {
    for (const writer of writers) await writer.close();
  }
}

/** One tile is rendered while the one before is compressed and written. */
async function writeTiles(
  writers: readonly OmeTiffWriter[],
  renderer: SlideRenderer,
  sizes: readonly number[],
  progress: (done: number, total: number) => void,
): Promise<void> {
  const unfinished = sizes.map(() => emptyTiles(writers.length));
  const total = Math.ceil(sizes[0] / TILE_PX) ** 2;
  let done = 0;
  let writing: Promise<unknown> = Promise.resolve();
  for (const index of tilesInOrder(sizes)) {
    const { level, column, row } = index;
    const tiles = level === 0 ? renderer.tile(column, row) : unfinished[level];
    if (level > 0) unfinished[level] = emptyTiles(writers.length);
    if (level + 1 < sizes.length)
      tiles.forEach((tile, channel) => {
        foldTile(tile, index, sizes[level], unfinished[level + 1][channel]);
      });
    await writing;
    writing = store(writers, index, tiles);
    if (level === 0) progress(++done, total);
  }
  await writing;
}

const store = (writers: readonly OmeTiffWriter[], index: TileIndex, tiles: Uint16Array[]): Promise<unknown> =>
  Promise.all(writers.map((writer, channel) => writer.tile(index, tiles[channel])));

const emptyTiles = (channels: number): Uint16Array[] =>
  Array.from({ length: channels }, () => new Uint16Array(TILE_PX * TILE_PX));

function omeFile(channel: string, index: number, seed: number): OmeFile {
  // Only tells the files of a set apart; any constants do.
  const digits = BigInt.asUintN(48, BigInt(seed)).toString(16).padStart(12, '0');
  return {
    name: `morphology_focus_000${index}.ome.tif`,
    uuid: `urn:uuid:00000000-0000-4000-800${index}-${digits}`,
    channel,
  };
}
