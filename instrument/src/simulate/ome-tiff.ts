import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

/** Edge of a tile, as in Xenium's images. */
export const TILE_PX = 1024;

const compress = promisify(deflate);
const UNSIGNED_16 = 3;
const UNSIGNED_32 = 4;
const UNSIGNED_64 = 16;
const ASCII = 2;

interface ImageFacts {
  name: string;
  widthPx: number;
  heightPx: number;
  pixelSizeUm: number;
  channel: string;
  uuid: string;
}

/** A BigTIFF with one 16-bit channel in Deflate tiles and OME-XML, written tile by tile in row-major order. */
export class OmeTiffWriter {
  readonly #file: FileHandle;
  readonly #facts: ImageFacts;
  readonly #offsets: number[] = [];
  readonly #sizes: number[] = [];
  #end = 16;

  private constructor(file: FileHandle, facts: ImageFacts) {
    this.#file = file;
    this.#facts = facts;
  }

  static async create(path: string, facts: ImageFacts): Promise<OmeTiffWriter> {
    return new OmeTiffWriter(await open(path, 'w'), facts);
  }

  /** Appends the next tile: `TILE_PX` squared little-endian counts. */
  async tile(counts: Uint16Array): Promise<void> {
    const bytes = await compress(Buffer.from(counts.buffer, counts.byteOffset, counts.byteLength), {
      level: 1,
    });
    this.#offsets.push(this.#end);
    this.#sizes.push(bytes.length);
    await this.#append(bytes);
  }

  /** Writes the directory behind the tiles and the header before them; a file without it does not open. */
  async finish(): Promise<void> {
    const { widthPx, heightPx } = this.#facts;
    const description = await this.#put(Buffer.from(`${omeXml(this.#facts)}\0`, 'utf8'));
    const offsets = await this.#put(words(this.#offsets));
    const sizes = await this.#put(words(this.#sizes));
    const one = this.#offsets.length === 1;
    const entries: [tag: number, type: number, count: number, value: number][] = [
      [256, UNSIGNED_32, 1, widthPx],
      [257, UNSIGNED_32, 1, heightPx],
      [258, UNSIGNED_16, 1, 16],
      [259, UNSIGNED_16, 1, 8],
      [262, UNSIGNED_16, 1, 1],
      [270, ASCII, description.length, description.offset],
      [277, UNSIGNED_16, 1, 1],
      [322, UNSIGNED_32, 1, TILE_PX],
      [323, UNSIGNED_32, 1, TILE_PX],
      [324, UNSIGNED_64, this.#offsets.length, one ? this.#offsets[0] : offsets.offset],
      [325, UNSIGNED_64, this.#sizes.length, one ? this.#sizes[0] : sizes.offset],
      [339, UNSIGNED_16, 1, 1],
    ];
    const directory = Buffer.alloc(8 + 20 * entries.length + 8);
    directory.writeBigUInt64LE(BigInt(entries.length), 0);
    entries.forEach(([tag, type, count, value], i) => {
      const at = 8 + 20 * i;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeBigUInt64LE(BigInt(count), at + 4);
      directory.writeBigUInt64LE(BigInt(value), at + 12);
    });
    const { offset } = await this.#put(directory);
    const header = Buffer.alloc(16);
    header.write('II', 0, 'latin1');
    header.writeUInt16LE(43, 2);
    header.writeUInt16LE(8, 4);
    header.writeBigUInt64LE(BigInt(offset), 8);
    await this.#file.write(header, 0, header.length, 0);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Appends at an even offset, as TIFF asks. */
  async #put(bytes: Buffer): Promise<{ offset: number; length: number }> {
    if (this.#end % 2 === 1) await this.#append(Buffer.alloc(1));
    const offset = this.#end;
    await this.#append(bytes);
    return { offset, length: bytes.length };
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, this.#end);
    this.#end += bytes.length;
  }
}

function words(values: number[]): Buffer {
  return Buffer.from(BigUint64Array.from(values, BigInt).buffer);
}

function omeXml({ name, widthPx, heightPx, pixelSizeUm, channel, uuid }: ImageFacts): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="${uuid}">`,
    `<Image ID="Image:0" Name="${name}"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16"`,
    ` SizeX="${widthPx}" SizeY="${heightPx}" SizeZ="1" SizeC="1" SizeT="1"`,
    ` PhysicalSizeX="${pixelSizeUm}" PhysicalSizeXUnit="µm" PhysicalSizeY="${pixelSizeUm}" PhysicalSizeYUnit="µm">`,
    `<Channel ID="Channel:0" Name="${channel}" SamplesPerPixel="1"/>`,
    `<TiffData IFD="0" FirstC="0" FirstZ="0" FirstT="0" PlaneCount="1"><UUID FileName="${name}">${uuid}</UUID></TiffData>`,
    '</Pixels></Image></OME>',
  ].join('');
}
