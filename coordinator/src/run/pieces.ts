import { SpatileError } from '@spatile/formats/errors';
import { type Frame, type FrameLayout, frameLayout } from '@spatile/formats/tile/frame';
import { ByteCache } from '../partition/byte-cache.ts';
import type { RunStore } from './store.ts';

/** Most of a file that is read to find its header, and what one remembered header counts for: it is a few kilobytes. */
const HEAD_BYTES = 16 * 1024;
const LAYOUT_BYTES = 8 * 1024;
/** Headers remembered. */
const CACHE_BYTES = 16 * 2 ** 20;
/** Pieces nearer to each other are read at once. */
const GAP_BYTES = 64 * 1024;

/** Reads pieces of stored results as they are: neither decoded nor verified, which is the business of whoever opens them. */
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
    const pieces: Record<string, Uint8Array> = {};
    const [as] = await this.add(pieces, name, [piece]);
    return { frame: { kind: this.kind, meta: {}, tables: {}, pieces }, as };
  }

  /**
   * Adds pieces of a file to those of a task; gives the names that they have there, which name the file for those who find them
   * damaged. Errors: `RUN_CORRUPT` when the file is missing or damaged.
   */
  async add(to: Record<string, Uint8Array>, name: string, wanted: readonly string[]): Promise<string[]> {
    const { pieces } = await this.layout(name);
    const places = wanted.map((piece) => {
      const place = pieces.get(piece);
      if (place !== undefined) return { as: `${name}#${piece}`, ...place };
      throw new SpatileError(
        'RUN_CORRUPT',
        `${name}: piece ${piece} is missing; expected a result of this version; start again with --overwrite`,
      );
    });
    const groups = stretches(places);
    const read = await this.store.readParts(
      name,
      groups.map((group) => {
        const { start, length } = group[group.length - 1];
        return { offset: group[0].start, length: start + length - group[0].start };
      }),
    );
    groups.forEach((group, g) => {
      for (const { as, start, length } of group)
        to[as] = read[g].subarray(start - group[0].start, start - group[0].start + length);
    });
    return places.map(({ as }) => as);
  }
}

/** Places in groups that are read at once, in the order of the file. */
function stretches<T extends { start: number; length: number }>(places: readonly T[]): T[][] {
  const groups: T[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const place of [...places].sort((a, b) => a.start - b.start)) {
    if (place.start - end <= GAP_BYTES) groups[groups.length - 1].push(place);
    else groups.push([place]);
    end = place.start + place.length;
  }
  return groups;
}
