import { OpenFile } from './file-parts.ts';

/** Files that stay open at most, beside those in use: results of some dozen tiles and border units, far from what a system allows (1,024). */
const MOST_OPEN = 128;

interface Entry {
  opened: Promise<OpenFile>;
  users: number;
  /** Nobody gets it any more. */
  forgotten: boolean;
}

/**
 * Files that stay open for whoever reads them next: the inputs of neighbouring tasks lie in the same ones, and opening one costs as much as
 * reading a megabyte.
 */
export class OpenFiles {
  /** By name, the one used last at the end. */
  readonly #entries = new Map<string, Entry>();

  /**
   * Lets `read` have an open file. Rejects with what opening or reading fails with.
   * @param name what the file is called, and for people.
   */
  async use<T>(path: string, name: string, read: (file: OpenFile) => Promise<T>): Promise<T> {
    const known = this.#entries.get(name);
    const entry = known ?? { opened: OpenFile.at(path, name), users: 0, forgotten: false };
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    entry.users++;
    try {
      return await read(await entry.opened);
    } catch (error) {
      this.forget(name, entry);
      throw error;
    } finally {
      entry.users--;
      if (entry.forgotten) close(entry);
      this.#makeRoom();
    }
  }

  /** The file has another content from now on, or none: whoever asks next opens it anew. */
  forget(name: string, only?: Entry): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || (only !== undefined && entry !== only)) return;
    this.#entries.delete(name);
    entry.forgotten = true;
    close(entry);
  }

  /** Closes all files, those in use when they are not any more. */
  forgetAll(): void {
    for (const name of [...this.#entries.keys()]) this.forget(name);
  }

  #makeRoom(): void {
    for (const [name, { users }] of this.#entries) {
      if (this.#entries.size <= MOST_OPEN) return;
      if (users === 0) this.forget(name);
    }
  }
}

/** Closes a file that nobody uses; one that could not be opened, or not be closed, is nobody's any more either. */
function close({ users, opened }: Entry): void {
  if (users === 0) opened.then((file) => file.close()).catch(() => undefined);
}
