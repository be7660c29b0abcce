import { parseOmeXml } from './ome-xml.ts';
import { imageInvalid, openTiffFile, type PixelType, readPage } from './tiff-directory.ts';
import { type PlaneReader, readPlane } from './tiff-plane.ts';

export type { PixelArray } from './tiff-block.ts';
export type { PixelType } from './tiff-directory.ts';
export type { PlaneReader } from './tiff-plane.ts';

export interface TiffDescription {
  /** Size of page 0 at full resolution. */
  widthPx: number;
  heightPx: number;
  /** Samples per pixel of page 0 (3 for RGB). */
  samples: number;
  dataType: PixelType;
  /** Pages of the main chain; levels of a pyramid that lie in SubIFDs are not counted. */
  pages: number;
  /** Names of the channels whose pixels lie in this file, in page order; null when no OME-XML tells. */
  channelNames: string[] | null;
  /** Microns per pixel from OME-XML; null when it is not stated. */
  physicalSizeUm: number | null;
  /**
   * Where the first plane (z = 0) of each own channel lies, in the order of `channelNames`; null with them. A multi-file
   * set names the channels of all its files in every file: only those of this file are here.
   */
  planes: { page: number; sample: number; channel: number }[] | null;
}

/** Channels of this file from OME-XML; null when the block is absent, incomplete or does not fit the pages. */
function ownChannels(description: string, path: string, pages: number, samples: number) {
  const ome = parseOmeXml(description, path);
  if (ome === null) return { physicalSizeUm: null, planes: null, channelNames: null };
  const nothing = { physicalSizeUm: ome.physicalSizeUm, planes: null, channelNames: null };
  const listed =
    ome.planes.length > 0 ? ome.planes : defaultPlanes(ome.sizeC, ome.sizeZ, ome.dimensionOrder, samples);
  const planes: { page: number; sample: number; channel: number }[] = [];
  for (const { page, channel, z } of listed) {
    if (z !== 0 || page >= pages || planes.some((plane) => plane.channel === channel)) continue;
    // Samples of one page are consecutive channels only where the block counts them as one channel (RGB).
    for (let sample = 0; sample < samples; sample++) planes.push({ page, sample, channel });
  }
  if (planes.length === 0) return nothing;
  planes.sort((a, b) => a.page - b.page || a.sample - b.sample);
  const names = planes.map(({ channel, sample }) => {
    const name = ome.channels[channel];
    return samples > 1 ? `${name ?? channel}-${['R', 'G', 'B', 'A'][sample] ?? sample}` : (name ?? null);
  });
  if (names.some((name) => name === null)) return { ...nothing, planes };
  return { physicalSizeUm: ome.physicalSizeUm, planes, channelNames: names as string[] };
}

/** Page order by `DimensionOrder` when the block lists no planes. */
function defaultPlanes(sizeC: number, sizeZ: number, order: string, samples: number) {
  const channels = samples > 1 ? Math.max(1, Math.floor(sizeC / samples)) : sizeC;
  const channelFirst = order.indexOf('C') < order.indexOf('Z');
  const planes: { page: number; channel: number; z: number }[] = [];
  for (let channel = 0; channel < Math.min(channels, 4096); channel++) {
    planes.push({ page: channelFirst ? channel : channel * sizeZ, channel, z: 0 });
  }
  return planes;
}

/**
 * Describes a TIFF or OME-TIFF without decoding pixels.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID` (damaged, or pixels of a kind that is not read).
 */
export async function describeTiff(path: string): Promise<TiffDescription> {
  const file = await openTiffFile(path);
  try {
    const page = readPage(path, file, 0);
    return {
      widthPx: page.widthPx,
      heightPx: page.heightPx,
      samples: page.samples,
      dataType: page.dataType,
      pages: file.pages.length,
      ...ownChannels(page.description, path, file.pages.length, page.samples),
    };
  } finally {
    await file.close();
  }
}

/**
 * Opens one plane (one sample of one page) at full resolution for reading in windows; `close` it after use.
 * Memory is bounded: decoded blocks are kept only as far as neighbouring windows need them again.
 * Errors: as `describeTiff`; reading a damaged block raises `IMAGE_INVALID`.
 */
export async function openPlane(path: string, page: number, sample: number): Promise<PlaneReader> {
  const file = await openTiffFile(path);
  try {
    const layout = readPage(path, file, page);
    if (!Number.isInteger(sample) || sample < 0 || sample >= layout.samples) {
      throw imageInvalid(path, `page ${page} has no sample ${sample} (${layout.samples} samples)`);
    }
    return readPlane(path, file, layout, sample);
  } catch (error) {
    await file.close();
    throw error;
  }
}
