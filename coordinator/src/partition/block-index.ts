import { SpatileError } from '@spatile/formats/errors';
import type { RectUm } from '@spatile/formats/space';
import { type Columns, decodeFrame, encodeFrame, frameDigest } from '@spatile/formats/tile/frame';
import type { BlockRows } from '@spatile/formats/tile/rows';
import { pickTables } from '@spatile/formats/tile/tables';

export const BLOCKS_FILE = 'partition/blocks.frame';
const BLOCKS = 'partition-blocks';
/** Of one digest. */
const DIGEST_BYTES = 32;

/** Blocks of partition files: where they lie, and the box of what is in them. 60 bytes each, of some 2,000 transcripts. */
export class BlockEntries {
  /** Bytes from the start of the file of the block's tile. */
  readonly offset: Float64Array;
  readonly length: Uint32Array;
  /** The digests that the blocks say they have, `DIGEST_BYTES` each. */
  readonly sha256: Uint8Array;
  /** Microns, all ends included. */
  readonly x0: Float32Array;
  readonly y0: Float32Array;
  readonly x1: Float32Array;
  readonly y1: Float32Array;

  constructor(n: number) {
    this.offset = new Float64Array(n);
    this.length = new Uint32Array(n);
    this.sha256 = new Uint8Array(DIGEST_BYTES * n);
    this.x0 = new Float32Array(n);
    this.y0 = new Float32Array(n);
    this.x1 = new Float32Array(n);
    this.y1 = new Float32Array(n);
  }

  /** Enters what is known of block `b` but where it lies. */
  describe(b: number, { x, y }: BlockRows, bytes: Uint8Array): void {
    this.length[b] = bytes.length;
    this.sha256.set(Buffer.from(frameDigest(bytes), 'hex'), DIGEST_BYTES * b);
    [this.x0[b], this.x1[b]] = boundsOf(x);
    [this.y0[b], this.y1[b]] = boundsOf(y);
  }
}

function boundsOf(values: Float32Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

const COLUMNS = ['offset', 'length', 'x0', 'y0', 'x1', 'y1'] as const;

/** What of an index cannot be, whatever the files hold; null for nothing. */
function faultOf(first: Uint32Array, entries: BlockEntries): string | null {
  const own = new BlockEntries(0);
  const wrong = COLUMNS.find((name) => entries[name].constructor !== own[name].constructor);
  if (wrong !== undefined) return `${wrong} is of another type`;
  const blocks = entries.length.length;
  if (first[0] !== 0 || first[first.length - 1] !== blocks || first.some((from, t) => from < first[t - 1]))
    return `its ${blocks} blocks are not those of one tile after the other`;
  const lost = entries.offset.findIndex((at) => !Number.isSafeInteger(at) || at < 0);
  return lost < 0 ? null : `block ${lost} begins at byte ${entries.offset[lost]}`;
}

/** A block that a task wants: its number, its place and length in the file of its tile, and its digest (hexadecimal). */
export interface BlockPlace {
  block: number;
  offset: number;
  length: number;
  sha256: string;
}

/** Where the blocks of all tiles of a slide lie. */
export class BlockIndex {
  /** Blocks of tile t: `first[t]` to `first[t + 1]`. */
  readonly #first: Uint32Array;
  readonly #entries: BlockEntries;

  constructor(tiles: readonly BlockEntries[]) {
    this.#first = new Uint32Array(tiles.length + 1);
    tiles.forEach(({ length }, t) => {
      this.#first[t + 1] = this.#first[t] + length.length;
    });
    this.#entries = new BlockEntries(this.#first[tiles.length]);
    for (const name of COLUMNS)
      tiles.forEach((tile, t) => {
        this.#entries[name].set(tile[name], this.#first[t]);
      });
    tiles.forEach(({ sha256 }, t) => {
      this.#entries.sha256.set(sha256, DIGEST_BYTES * this.#first[t]);
    });
  }

  /** The blocks of a tile that may hold transcripts in a half-open rectangle (microns), in the order of the file. */
  meeting(tile: number, rect: RectUm): BlockPlace[] {
    const { x0, y0, x1, y1 } = this.#entries;
    const found: BlockPlace[] = [];
    for (let b = this.#first[tile]; b < this.#first[tile + 1]; b++)
      if (x1[b] >= rect.x0 && x0[b] < rect.x1 && y1[b] >= rect.y0 && y0[b] < rect.y1)
        found.push(this.#place(b, b - this.#first[tile]));
    return found;
  }

  #place(b: number, block: number): BlockPlace {
    const { offset, length, sha256 } = this.#entries;
    const digest = Buffer.from(sha256.buffer, sha256.byteOffset + DIGEST_BYTES * b, DIGEST_BYTES);
    return { block, offset: offset[b], length: length[b], sha256: digest.toString('hex') };
  }

  encode(): Uint8Array {
    const blocks = Object.fromEntries(COLUMNS.map((name) => [name, this.#entries[name]])) as Columns;
    const tables = { tiles: { first: this.#first }, blocks, digests: { sha256: this.#entries.sha256 } };
    return encodeFrame({ kind: BLOCKS, meta: {}, tables });
  }

  /** Errors: `RUN_CORRUPT` when the bytes are damaged or know another number of tiles. */
  static decode(bytes: Uint8Array, tiles: number): BlockIndex {
    const frame = decodeFrame(bytes, BLOCKS, BLOCKS_FILE);
    const tables = pickTables(frame, { tiles: ['first'], blocks: [...COLUMNS], digests: ['sha256'] });
    const first = tables.tiles.first as Uint32Array;
    if (first.length !== tiles + 1)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${BLOCKS_FILE}: ${first.length - 1} tiles; expected the ${tiles} of the plan; start again with --overwrite`,
      );
    const entries = tables.blocks as unknown as BlockEntries;
    const sha256 = tables.digests.sha256 as Uint8Array;
    if (sha256.length !== DIGEST_BYTES * entries.length.length)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${BLOCKS_FILE}: ${sha256.length} bytes of digests; expected ${DIGEST_BYTES} of each of ${entries.length.length} blocks; start again with --overwrite`,
      );
    const wrong = faultOf(first, entries);
    if (wrong !== null)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${BLOCKS_FILE}: ${wrong}; expected the places of the blocks of each tile; start again with --overwrite`,
      );
    return new BlockIndex(
      Array.from({ length: tiles }, (_, t) => {
        const own = COLUMNS.map((name) => [name, entries[name].subarray(first[t], first[t + 1])]);
        const digests = sha256.subarray(DIGEST_BYTES * first[t], DIGEST_BYTES * first[t + 1]);
        return { ...Object.fromEntries(own), sha256: digests } as BlockEntries;
      }),
    );
  }
}
