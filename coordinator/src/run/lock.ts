import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isThere, markOf, type ProcessMark } from './process-mark.ts';

/**
 * A file that says which process works in a folder. One whose process is gone counts for nothing, so nothing has to be
 * cleared after a crash. It holds among the processes of one machine.
 */
export class Lock {
  readonly path: string;
  #taken: string | null = null;
  #isGoing = false;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes the lock, and makes its folder where there is none.
   * @returns null, or the process that has it. Throws what the file system says.
   */
  take(): ProcessMark | null {
    mkdirSync(dirname(this.path), { recursive: true });
    const text = JSON.stringify({ ...markOf(process.pid), token: randomUUID() });
    const temporary = `${this.path}.tmp-${randomUUID()}`;
    try {
      writeFileSync(temporary, text);
      for (;;) {
        try {
          linkSync(temporary, this.path);
          this.#taken = text;
          return null;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        const holder = this.holder();
        if (holder !== null) return holder;
        this.#removeStale();
      }
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** The process that has the lock; null when none has. */
  holder(): ProcessMark | null {
    return living(textOf(this.path));
  }

  /** Whether it was taken and somebody else has it now, or nobody: processes of another machine do not see this one. */
  get isLost(): boolean {
    if (this.#taken === null || this.#isGoing) return false;
    try {
      return textOf(this.path) !== this.#taken;
    } catch {
      // A disk that does not answer says nothing of who has it.
      return false;
    }
  }

  /** Gives it back together with what it lies in: `remove` takes that away, and it is not lost meanwhile. */
  async releaseWith(remove: () => Promise<void>): Promise<void> {
    this.#isGoing = true;
    try {
      await remove();
      this.release();
    } finally {
      this.#isGoing = false;
    }
  }

  /** Gives it back; does nothing when it was not taken or is no longer ours. */
  release(): void {
    if (this.#taken !== null && textOf(this.path) === this.#taken) rmSync(this.path, { force: true });
    this.#taken = null;
  }

  /** Moved away before it is looked at again, since another process may just have replaced it. */
  #removeStale(): void {
    const aside = `${this.path}.tmp-${randomUUID()}`;
    try {
      renameSync(this.path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      if (living(textOf(aside)) !== null) linkSync(aside, this.path);
    } finally {
      rmSync(aside, { force: true });
    }
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The process that a lock names, when it is there; a file that names none is nobody's. */
function living(text: string | null): ProcessMark | null {
  try {
    const { pid, started } = JSON.parse(text ?? '');
    const mark = { pid, started: typeof started === 'string' ? started : null };
    return Number.isSafeInteger(pid) && pid > 0 && isThere(mark) ? mark : null;
  } catch {
    return null;
  }
}
