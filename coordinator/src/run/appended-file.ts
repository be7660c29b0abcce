import { close, open, write } from 'node:fs';
import { promisify } from 'node:util';

const [opened, written, closed] = [promisify(open), promisify(write), promisify(close)];

/** A file that nobody appends to for so long is closed, milliseconds. */
const IDLE_MS = 1000;

/**
 * A file that is appended to often: it stays open while that goes on, and what comes while one piece is being written is written
 * with the next. Opening it for every line cost more than writing did.
 */
export class AppendedFile {
  readonly #path: string;
  #file: number | null = null;
  #waiting: { text: string; settle: (error: unknown) => void }[] = [];
  #isBusy = false;
  #idle: NodeJS.Timeout | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends a text, after those of earlier calls. Rejects with what the file system says; the text may then be there in part. */
  append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, settle: (error) => (error === null ? resolve() : reject(error)) });
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    if (this.#idle !== null) clearTimeout(this.#idle);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const error = await this.#write(batch.map(({ text }) => text).join('')).then(
        () => null,
        (cause: unknown) => cause,
      );
      for (const { settle } of batch) settle(error);
    }
    this.#isBusy = false;
    this.#idle = setTimeout(() => void this.#close(), IDLE_MS).unref();
  }

  async #write(text: string): Promise<void> {
    this.#file ??= await opened(this.#path, 'a');
    let rest: Uint8Array = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray((await written(this.#file, rest)).bytesWritten);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file !== null) await closed(file).catch(() => undefined);
  }
}
