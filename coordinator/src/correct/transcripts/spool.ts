import { appendFile, mkdir, rm } from 'node:fs/promises';
import { SpatileError } from '@spatile/formats/errors';
import { type RunStore, storageError } from '../../run/store.ts';
import { BLOCK_CELLS, type Block, blockOf, blocksOf } from '../blocks.ts';
import type { BlockTranscripts, CellTranscripts, TranscriptBatch, TranscriptSource } from './source.ts';

const FOLDER = 'correct-transcripts';
const MARKER = `${FOLDER}/complete.json`;
/** Row in the block, gene, x, y, z (32 bits each) and id (64 bits). */
const RECORD_BYTES = 28;
/** Records held before they go to the files of their blocks. */
const HELD_RECORDS = 2 ** 21;

interface Held {
  block: Uint32Array;
  bytes: DataView;
  records: number;
}

/**
 * Transcripts by the block of their cell: sorted into one file per block of the run directory when first asked for, once for
 * all methods and attempts. Memory is a bounded number of records; the disk holds 28 bytes per transcript in a cell.
 */
export class TranscriptSpool implements CellTranscripts {
  readonly hasZ: boolean;
  readonly #store: RunStore;
  readonly #source: TranscriptSource;
  readonly #cells: number;
  readonly #heldRecords: number;
  #filled: Promise<void> | null = null;

  /** @param cells rows of the table. @param heldRecords transcripts held before they go to disk. */
  constructor(store: RunStore, source: TranscriptSource, cells: number, heldRecords = HELD_RECORDS) {
    this.#heldRecords = heldRecords;
    this.hasZ = source.hasZ;
    this.#store = store;
    this.#source = source;
    this.#cells = cells;
  }

  async ofBlock(block: Block): Promise<BlockTranscripts> {
    this.#filled ??= this.#fill();
    await this.#filled;
    const name = fileOf(block.id);
    const bytes = (await this.#store.has(name)) ? await this.#store.read(name) : new Uint8Array(0);
    if (bytes.length % RECORD_BYTES !== 0)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${name}: is cut short (${bytes.length} bytes); expected whole records of ${RECORD_BYTES} bytes; start again with --overwrite`,
      );
    return decoded(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), block);
  }

  async #fill(): Promise<void> {
    if (await this.#store.has(MARKER)) return;
    const folder = this.#store.path(FOLDER);
    // What an interrupted attempt left may end anywhere.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw storageError(cause, FOLDER);
    });
    const held: Held = {
      block: new Uint32Array(this.#heldRecords),
      bytes: new DataView(new ArrayBuffer(this.#heldRecords * RECORD_BYTES)),
      records: 0,
    };
    for await (const batch of this.#source.batches()) await this.#take(batch, held);
    await this.#flush(held);
    await this.#store.putJson(MARKER, { cells: this.#cells });
  }

  async #take(batch: TranscriptBatch, held: Held): Promise<void> {
    for (let i = 0; i < batch.row.length; i++) {
      if (batch.row[i] < 0 || batch.gene[i] < 0) continue;
      if (held.records === this.#heldRecords) await this.#flush(held);
      const at = held.records * RECORD_BYTES;
      held.block[held.records++] = blockOf(batch.row[i]);
      held.bytes.setUint32(at, batch.row[i] % BLOCK_CELLS, true);
      held.bytes.setUint32(at + 4, batch.gene[i], true);
      held.bytes.setFloat32(at + 8, batch.x[i], true);
      held.bytes.setFloat32(at + 12, batch.y[i], true);
      held.bytes.setFloat32(at + 16, batch.z[i], true);
      held.bytes.setBigUint64(at + 20, batch.id[i], true);
    }
  }

  /** Appends what is held to the files of the blocks, block by block in the order of arrival. */
  async #flush(held: Held): Promise<void> {
    const blocks = blocksOf(this.#cells);
    const { order, start } = sortedByBlock(held.block.subarray(0, held.records), blocks.length);
    const source = new Uint8Array(held.bytes.buffer);
    for (const [b, block] of blocks.entries()) {
      const n = start[b + 1] - start[b];
      if (n === 0) continue;
      const bytes = new Uint8Array(n * RECORD_BYTES);
      for (let k = 0; k < n; k++) {
        const at = order[start[b] + k] * RECORD_BYTES;
        bytes.set(source.subarray(at, at + RECORD_BYTES), k * RECORD_BYTES);
      }
      const name = fileOf(block.id);
      await appendFile(this.#store.path(name), bytes).catch((cause: NodeJS.ErrnoException) => {
        throw storageError(cause, name);
      });
    }
    held.records = 0;
  }
}

const fileOf = (block: string): string => `${FOLDER}/${block}.bin`;

/** Stable counting sort: `order[start[k]] .. order[start[k + 1] - 1]` are the places of key k, ascending. */
function sortedByBlock(keys: Uint32Array, most: number): { order: Uint32Array; start: Uint32Array } {
  const start = new Uint32Array(most + 1);
  for (const key of keys) start[key + 1]++;
  for (let k = 0; k < most; k++) start[k + 1] += start[k];
  const fill = start.slice(0, most);
  const order = new Uint32Array(keys.length);
  keys.forEach((key, i) => {
    order[fill[key]++] = i;
  });
  return { order, start };
}

function decoded(view: DataView, { from, to }: Block): BlockTranscripts {
  const n = view.byteLength / RECORD_BYTES;
  const row = Uint32Array.from({ length: n }, (_, i) => view.getUint32(i * RECORD_BYTES, true));
  const { order, start } = sortedByBlock(row, to - from);
  const at = (i: number, offset: number): number => order[i] * RECORD_BYTES + offset;
  const floats = (offset: number): Float32Array =>
    Float32Array.from({ length: n }, (_, i) => view.getFloat32(at(i, offset), true));
  return {
    length: Uint32Array.from({ length: to - from }, (_, i) => start[i + 1] - start[i]),
    gene: Uint32Array.from({ length: n }, (_, i) => view.getUint32(at(i, 4), true)),
    x: floats(8),
    y: floats(12),
    z: floats(16),
    id: BigUint64Array.from({ length: n }, (_, i) => view.getBigUint64(at(i, 20), true)),
  };
}
