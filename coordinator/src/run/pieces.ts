import { SpatileError } from '@spatile/formats/errors';
import { type Frame, type FrameLayout, frameLayout, type StoredPiece } from '@spatile/formats/tile/frame';
import { ByteCache } from '../partition/byte-cache.ts';
import type { RunStore } from './store.ts';

/** Most of a file that is read to find its header, and what one remembered header counts for: it is a few kilobytes. */
const HEAD_BYTES = 16 * 1024;
const LAYOUT_BYTES = 8 * 1024;
/** Headers remembered. */
const CACHE_BYTES = 16 * 2 ** 20;

/** Finds pieces of stored results as they are: neither decoded nor verified, which is the business of whoever opens them. */
export class StoredPieces {
  private readonly store: RunStore;
  private readonly kind: string;
  private readonly layouts = new ByteCache<string, FrameLayout>(CACHE_BYTES);

  /** @param kind of the frames, which have no tables. */
  constructor(store: RunStore, kind: string) {
    this.store = store;
    this.kind = kind;
  }

  /** What a stored frame says of itself, verified. Errors: `RUN_CORRUPT` when it is missing or damaged. */
  async layout(name: string): Promise<FrameLayout> {
    const known = this.layouts.get(name);
    if (known !== undefined) return known;
    let found: FrameLayout | null = null;
    for (let length = HEAD_BYTES; found === null; length *= 8) {
      const { bytes, size } = await this.store.readStart(name, length);
      found = frameLayout(bytes, size, this.kind, name);
    }
    this.layouts.set(name, found, LAYOUT_BYTES);
    return found;
  }

  /** One piece of a file, as that of a frame with no others: with the name that it has there. Errors: `RUN_CORRUPT`. */
  async one(name: string, piece: string): Promise<{ frame: Frame; as: string }> {
    const { frame, as } = await this.read(name, [piece]);
    return { frame, as: as[0] };
  }

  /** Pieces of a file, as those of a frame with no others, with the names that they have there. Errors: `RUN_CORRUPT`. */
  async read(name: string, wanted: readonly string[]): Promise<{ frame: Frame; as: string[] }> {
    const found: Record<string, StoredPiece> = {};
    const as = await this.add(found, name, wanted);
    const places = as.map((piece) => ({ offset: found[piece].start, length: found[piece].length }));
    const read = await this.store.readParts(name, places);
    const pieces = Object.fromEntries(as.map((piece, i) => [piece, read[i]]));
    return { frame: { kind: this.kind, meta: {}, tables: {}, pieces }, as };
  }

  /**
   * Adds pieces of a file to those of a task; gives the names that they have there, which name the file for those who find them
   * damaged. They are not read. Errors: `RUN_CORRUPT` when the file is missing or damaged.
   */
  async add(to: Record<string, StoredPiece>, name: string, wanted: readonly string[]): Promise<string[]> {
    const { pieces } = await this.layout(name);
    return wanted.map((piece) => {
      const place = pieces.get(piece);
      if (place === undefined)
        throw new SpatileError(
          'RUN_CORRUPT',
          `${name}: piece ${piece} is missing; expected a result of this version; start again with --overwrite`,
        );
      const as = `${name}#${piece}`;
      to[as] = { file: name, ...place };
      return as;
    });
  }
}
