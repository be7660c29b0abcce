import { type Dataset, type Group, ready } from 'h5wasm/node';
import { writeError } from './write-errors.ts';

/** Entries of a long column that are written, and compressed, at a time. */
const CHUNK = 1 << 16;

/** A column of non-negative integers below 2^31 whose length is known only at the end, written chunk by chunk. */
export class LongColumn {
  readonly #dataset: Dataset;
  readonly #chunk: Int32Array | BigInt64Array;
  /** The chunk's 32-bit words, low before high: making a BigInt of each integer would take many times as long. */
  readonly #words: Int32Array;
  readonly #wordsEach: number;
  #filled = 0;
  #written = 0;

  constructor(group: Group, name: string, dtype: '<i' | '<q') {
    this.#chunk = dtype === '<i' ? new Int32Array(CHUNK) : new BigInt64Array(CHUNK);
    this.#words = new Int32Array(this.#chunk.buffer);
    this.#wordsEach = this.#words.length / CHUNK;
    this.#dataset = group.create_dataset({
      name,
      data: this.#chunk.subarray(0, 0),
      shape: [0],
      maxshape: [null],
      dtype,
      chunks: [CHUNK],
      compression: 'gzip',
      compression_opts: 4,
    });
  }

  /** Appends an integer. */
  push(value: number): void {
    this.#words[this.#wordsEach * this.#filled++] = value;
    if (this.#filled === CHUNK) this.flush();
  }

  /** Writes what is left. */
  flush(): void {
    if (this.#filled === 0) return;
    const end = this.#written + this.#filled;
    this.#dataset.resize([end]);
    this.#dataset.write_slice([[this.#written, end]], this.#chunk.subarray(0, this.#filled));
    this.#written = end;
    this.#filled = 0;
  }
}

/** A column of ASCII texts, stored at one length and padded with NUL as in 10x's files. */
export function makeTexts(group: Group, name: string, texts: string[]): void {
  const bytes = texts.reduce((most, text) => Math.max(most, Buffer.byteLength(text)), 1);
  group.create_dataset({ name, data: texts, dtype: `A${bytes + 1}` });
}

/**
 * Runs synchronous work on an HDF5 file that is written, with the clock stopped: HDF5 notes in a dataset when it was
 * touched, and the same seed must give the same bytes. Errors: `DISK_FULL`, `OUTPUT_UNWRITABLE`, naming `path`.
 */
export async function writingHdf5<T>(path: string, work: () => T): Promise<T> {
  const hdf5 = await ready;
  // By default the library prints its error stack and goes on.
  hdf5.activate_throwing_error_handler();
  const { now } = Date;
  Date.now = () => 0;
  try {
    return work();
  } catch (cause) {
    const isFull = cause instanceof Error && /No space left|quota exceeded/i.test(cause.message);
    throw writeError(path, Object.assign(new Error('HDF5', { cause }), { code: isFull ? 'ENOSPC' : 'EIO' }));
  } finally {
    Date.now = now;
    hdf5.deactivate_throwing_error_handler();
  }
}
