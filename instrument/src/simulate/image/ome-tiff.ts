import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { TileIndex } from './pyramid.ts';

/** Edge of a tile, as in Xenium's images. */
export const TILE_PX = 1024;

const compress = promisify(deflate);
const UNSIGNED_16 = 3;
const UNSIGNED_32 = 4;
const UNSIGNED_64 = 16;
const DIRECTORY_64 = 18;
const ASCII = 2;
/** NewSubfileType of a level of lower resolution. */
const REDUCED = 1;

type Entry = [tag: number, type: number, count: number, value: number];

interface Level {
  sizePx: number;
  across: number;
  offsets: number[];
  lengths: number[];
}

/**
 * A BigTIFF of one square 16-bit channel in Deflate tiles, with the levels of its pyramid in SubIFDs. Tiles may come in
 * any order; one that never comes reads as 0.
 */
export class OmeTiffWriter {
  readonly #file: FileHandle;
  readonly #levels: Level[];
  /** Bytes lie in the file in the order of the calls, however long their compression takes. */
  #last: Promise<void> = Promise.resolve();
  #end = 16;

  private constructor(file: FileHandle, levelSizesPx: readonly number[]) {
    this.#file = file;
    this.#levels = levelSizesPx.map((sizePx) => {
      const across = Math.ceil(sizePx / TILE_PX);
      const zeros = (): number[] => new Array<number>(across * across).fill(0);
      return { sizePx, across, offsets: zeros(), lengths: zeros() };
    });
  }

  /** `levelSizesPx`: edges of the levels, full resolution first. */
  static async create(path: string, levelSizesPx: readonly number[]): Promise<OmeTiffWriter> {
    return new OmeTiffWriter(await open(path, 'w'), levelSizesPx);
  }

  /** Appends a tile of `TILE_PX` squared counts, which must not change until the promise resolves. */
  async tile({ level, column, row }: TileIndex, counts: Uint16Array): Promise<void> {
    const packed = compress(Buffer.from(counts.buffer, counts.byteOffset, counts.byteLength), { level: 1 });
    const { across, offsets, lengths } = this.#levels[level];
    const before = this.#last;
    this.#last = (async () => {
      const bytes = await packed;
      await before;
      offsets[row * across + column] = this.#end;
      lengths[row * across + column] = bytes.length;
      await this.#append(bytes);
    })();
    await this.#last;
  }

  /** Writes the directories behind the tiles and the header before them; a file without it does not open. */
  async finish(description: string): Promise<void> {
    const [full, ...reduced] = this.#levels;
    const subDirectories: number[] = [];
    for (const level of reduced)
      subDirectories.push(
        await this.#directory([[254, UNSIGNED_32, 1, REDUCED], ...(await this.#layout(level))]),
      );
    const text = Buffer.from(`${description}\0`, 'utf8');
    const entries: Entry[] = [
      ...(await this.#layout(full)),
      [270, ASCII, text.length, await this.#put(text)],
    ];
    if (subDirectories.length > 0)
      entries.push([330, DIRECTORY_64, subDirectories.length, await this.#list(subDirectories)]);
    const first = await this.#directory(entries);
    const header = Buffer.alloc(16);
    header.write('II', 0, 'latin1');
    header.writeUInt16LE(43, 2);
    header.writeUInt16LE(8, 4);
    header.writeBigUInt64LE(BigInt(first), 8);
    await this.#file.write(header, 0, header.length, 0);
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file.close();
  }

  async #layout({ sizePx, offsets, lengths }: Level): Promise<Entry[]> {
    return [
      [256, UNSIGNED_32, 1, sizePx],
      [257, UNSIGNED_32, 1, sizePx],
      [258, UNSIGNED_16, 1, 16],
      [259, UNSIGNED_16, 1, 8],
      [262, UNSIGNED_16, 1, 1],
      [277, UNSIGNED_16, 1, 1],
      [322, UNSIGNED_32, 1, TILE_PX],
      [323, UNSIGNED_32, 1, TILE_PX],
      [324, UNSIGNED_64, offsets.length, await this.#list(offsets)],
      [325, UNSIGNED_64, lengths.length, await this.#list(lengths)],
      [339, UNSIGNED_16, 1, 1],
    ];
  }

  /** The value field of a list: a single number itself, or where in the file the numbers lie. */
  async #list(values: number[]): Promise<number> {
    if (values.length === 1) return values[0];
    return this.#put(Buffer.from(BigUint64Array.from(values, BigInt).buffer));
  }

  async #directory(entries: Entry[]): Promise<number> {
    const bytes = Buffer.alloc(8 + 20 * entries.length + 8);
    bytes.writeBigUInt64LE(BigInt(entries.length), 0);
    const sorted = entries.toSorted(([a], [b]) => a - b);
    sorted.forEach(([tag, type, count, value], i) => {
      const at = 8 + 20 * i;
      bytes.writeUInt16LE(tag, at);
      bytes.writeUInt16LE(type, at + 2);
      bytes.writeBigUInt64LE(BigInt(count), at + 4);
      bytes.writeBigUInt64LE(BigInt(value), at + 12);
    });
    return this.#put(bytes);
  }

  /** Appends at an even offset, as TIFF asks, and returns it. */
  async #put(bytes: Buffer): Promise<number> {
    if (this.#end % 2 === 1) await this.#append(Buffer.alloc(1));
    const offset = this.#end;
    await this.#append(bytes);
    return offset;
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, this.#end);
    this.#end += bytes.length;
  }
}
