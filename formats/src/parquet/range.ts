import type { FileHandle } from 'node:fs/promises';

const WINDOW_BYTES = 1 << 19;

/**
 * Reads a byte range of a file front to back through a window, so that a column chunk is never in memory whole.
 * Windows are never reused: views that were handed out stay valid.
 */
export class RangeReader {
  readonly #handle: FileHandle;
  readonly #end: number;
  #position: number;
  #window = new Uint8Array(0);
  #at = 0;

  constructor(handle: FileHandle, start: number, end: number) {
    this.#handle = handle;
    this.#position = start;
    this.#end = end;
  }

  /** Bytes of the range not yet taken. */
  get remaining(): number {
    return this.#end - this.#position + this.#window.length - this.#at;
  }

  /** The next `count` bytes (fewer at the end of the range), without taking them. */
  async peek(count: number): Promise<Uint8Array> {
    if (this.#window.length - this.#at < count) await this.#fill(count);
    return this.#window.subarray(this.#at, this.#at + count);
  }

  /** Takes exactly `count` bytes; throws when the range or the file ends before. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count);
    if (bytes.length < count) throw new Error(`${count} bytes wanted, ${bytes.length} left`);
    this.#at += count;
    return bytes;
  }

  async #fill(count: number): Promise<void> {
    const left = this.#window.subarray(this.#at);
    const wanted = Math.min(Math.max(WINDOW_BYTES, count - left.length), this.#end - this.#position);
    const window = new Uint8Array(left.length + Math.max(0, wanted));
    window.set(left);
    let length = left.length;
    while (length < window.length) {
      const { bytesRead } = await this.#handle.read(window, length, window.length - length, this.#position);
      if (bytesRead === 0) break;
      length += bytesRead;
      this.#position += bytesRead;
    }
    this.#window = window.subarray(0, length);
    this.#at = 0;
  }
}
