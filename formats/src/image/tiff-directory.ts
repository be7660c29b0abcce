import type { ImageFileDirectory } from 'geotiff';
import { isSpatileError, SpatileError } from '../errors.ts';
import { FileSource } from './file-source.ts';

export type PixelType = 'uint8' | 'uint16' | 'uint32' | 'float32';

/** How the pixels of one page lie in the file. Blocks are tiles, or strips of full width. */
export interface TiffPage {
  widthPx: number;
  heightPx: number;
  samples: number;
  dataType: PixelType;
  /** Bits per sample in the file (1, 2, 4, 8, 16 or 32). */
  bits: number;
  /** Stored as two's complement integers; only non-negative values can be handed out. */
  signed: boolean;
  compression: number;
  predictor: number;
  /** Samples lie in planes of their own (TIFF PlanarConfiguration 2). */
  planar: boolean;
  blockWidthPx: number;
  blockHeightPx: number;
  /** Strips end with the image; tiles are padded to full size. */
  tiled: boolean;
  blocksAcross: number;
  blocksDown: number;
  offsets: ArrayLike<number>;
  byteCounts: ArrayLike<number>;
  jpegTables: Uint8Array | null;
  /** Colours are luminance and two differences (PhotometricInterpretation 6). */
  ycbcr: boolean;
  /** Tag ImageDescription without the closing NUL; empty when absent. */
  description: string;
}

export interface TiffFile {
  source: FileSource;
  littleEndian: boolean;
  /** Pages of the main chain in order (levels of a pyramid in SubIFDs are not pages). */
  pages: ImageFileDirectory[];
  /** Parses the directory at an offset, such as a level of a pyramid. Errors: `IMAGE_INVALID`. */
  directoryAt(offset: number): Promise<ImageFileDirectory>;
  close(): Promise<void>;
}

/** More pages than any microscope writes; a chain that is longer is taken for damage. */
const MAX_PAGES = 65_536;

/** `IMAGE_INVALID` with the house sentence. */
export function imageInvalid(path: string, what: string, cause?: unknown): SpatileError {
  return new SpatileError(
    'IMAGE_INVALID',
    `${path}: ${what}; expected a TIFF of unsigned integers or 32-bit floats; check that the file was copied completely or save it again`,
    { fields: { file: path }, cause },
  );
}

/** Runs `work`, turning whatever a decoder throws about damaged bytes into `IMAGE_INVALID`. */
export async function asImageError<T>(path: string, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    throw imageInvalid(path, `${doing} failed (${cause instanceof Error ? cause.message : cause})`, cause);
  }
}

/**
 * Opens a TIFF or BigTIFF and parses the directories of its main chain. The caller closes it.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID`.
 */
export async function openTiffFile(path: string): Promise<TiffFile> {
  const source = await FileSource.open(path);
  try {
    // Loaded with the first image: most runs see none.
    const { GeoTIFF } = await import('geotiff');
    const tiff = await asImageError(path, 'reading the TIFF header', () => GeoTIFF.fromSource(source));
    // geotiff reads values that it defers as little-endian whatever the file says, so nothing may be deferred.
    tiff.parser.eager = true;
    const pages: ImageFileDirectory[] = [];
    const seen = new Set<number>();
    let offset = tiff.firstIFDOffset;
    while (offset !== 0) {
      if (seen.has(offset) || pages.length === MAX_PAGES) {
        throw imageInvalid(path, `the chain of pages does not end (page ${pages.length})`);
      }
      seen.add(offset);
      const at = offset;
      pages.push(
        await asImageError(path, `reading page ${pages.length}`, () => tiff.parser.parseFileDirectoryAt(at)),
      );
      offset = pages[pages.length - 1].nextIFDByteOffset;
    }
    if (pages.length === 0) throw imageInvalid(path, 'the file holds no page');
    return {
      source,
      littleEndian: tiff.littleEndian,
      pages,
      directoryAt: (at) =>
        asImageError(path, `reading the directory at ${at}`, () => tiff.parser.parseFileDirectoryAt(at)),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function pixelType(path: string, format: number, bits: number): PixelType {
  if (format === 3 && bits === 32) return 'float32';
  if ((format === 1 || format === 4) && [1, 2, 4].includes(bits)) return 'uint8';
  if (format === 1 || format === 2 || format === 4) {
    if (bits === 8) return 'uint8';
    if (bits === 16) return 'uint16';
    if (bits === 32) return 'uint32';
  }
  const kind = format === 3 ? 'float' : format === 2 ? 'signed integer' : 'integer';
  throw imageInvalid(path, `pixels of this kind are not read (${bits}-bit ${kind})`);
}

/** Reads and checks the layout of one page: sizes, pixel type, and that every block lies inside the file. */
export function readPage(path: string, file: TiffFile, index: number): TiffPage {
  const directory = file.pages[index];
  if (directory === undefined)
    throw imageInvalid(path, `page ${index} does not exist (${file.pages.length} pages)`);
  return readDirectory(path, file, directory, String(index));
}

/** The same of a directory that is no page of its own, such as a level of a pyramid; `index` names it in messages. */
export function readDirectory(
  path: string,
  file: TiffFile,
  directory: ImageFileDirectory,
  index: string,
): TiffPage {
  const value = (tag: string): unknown => directory.getValue(tag as never);
  const whole = (tag: string, otherwise: number | null): number => {
    const found = value(tag) ?? otherwise;
    if (typeof found !== 'number' || !Number.isInteger(found) || found < 1 || found > 0x7fffffff) {
      throw imageInvalid(path, `tag ${tag} of page ${index} has no usable value (${String(found)})`);
    }
    return found;
  };
  const list = (tag: string): ArrayLike<number> => {
    const found = value(tag);
    return typeof found === 'number' ? [found] : ((found ?? []) as ArrayLike<number>);
  };
  const widthPx = whole('ImageWidth', null);
  const heightPx = whole('ImageLength', null);
  const samples = whole('SamplesPerPixel', 1);
  const bits = list('BitsPerSample')[0] ?? 1;
  const format = list('SampleFormat')[0] ?? 1;
  if (Array.from(list('BitsPerSample')).some((other) => other !== bits)) {
    throw imageInvalid(
      path,
      `the samples of page ${index} differ in size (${Array.from(list('BitsPerSample'))} bits)`,
    );
  }
  const tiled = directory.hasTag('TileOffsets');
  const planar = whole('PlanarConfiguration', 1) === 2;
  const blockWidthPx = tiled ? whole('TileWidth', null) : widthPx;
  const blockHeightPx = tiled
    ? whole('TileLength', null)
    : Math.min(Number(value('RowsPerStrip') ?? heightPx), heightPx);
  const blocksAcross = Math.ceil(widthPx / blockWidthPx);
  const blocksDown = Math.ceil(heightPx / whole(tiled ? 'TileLength' : 'RowsPerStrip', heightPx) || 1);
  const page: TiffPage = {
    widthPx,
    heightPx,
    samples,
    dataType: pixelType(path, format, bits),
    bits,
    signed: format === 2,
    compression: whole('Compression', 1),
    predictor: whole('Predictor', 1),
    planar,
    blockWidthPx,
    blockHeightPx,
    tiled,
    blocksAcross,
    blocksDown,
    offsets: list(tiled ? 'TileOffsets' : 'StripOffsets'),
    byteCounts: list(tiled ? 'TileByteCounts' : 'StripByteCounts'),
    jpegTables: (value('JPEGTables') as Uint8Array | undefined) ?? null,
    ycbcr: Number(value('PhotometricInterpretation') ?? 1) === 6,
    description: String(value('ImageDescription') ?? '').replace(/\0+$/, ''),
  };
  checkBlocks(path, page, index, file.source.fileSize);
  return page;
}

function checkBlocks(path: string, page: TiffPage, index: string, fileSize: number): void {
  const expected = page.blocksAcross * page.blocksDown * (page.planar ? page.samples : 1);
  if (page.offsets.length < expected || page.byteCounts.length < expected) {
    throw imageInvalid(path, `page ${index} lists too few blocks (${page.offsets.length} of ${expected})`);
  }
  for (let i = 0; i < expected; i++) {
    if (Number(page.offsets[i]) + Number(page.byteCounts[i]) > fileSize) {
      throw imageInvalid(
        path,
        `the file is truncated: block ${i} of page ${index} ends beyond it (${fileSize} bytes)`,
      );
    }
  }
}
