import { createHash, randomUUID } from 'node:crypto';
import { close, constants, fdatasync, fstat, open, read, write } from 'node:fs';
import { access, link, mkdir, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SpatileError } from '@spatile/formats/errors';
import { dieAt } from '@spatile/formats/failpoint';
import { AppendedFile } from './appended-file.ts';
import { type FilePart, readParts } from './file-parts.ts';
import { OpenFiles } from './open-files.ts';

/** By descriptor: a `FileHandle` costs a small file twice the processor time. */
const file = {
  open: promisify(open),
  read: promisify(read),
  stat: promisify(fstat),
  write: promisify(write),
  datasync: promisify(fdatasync),
  close: promisify(close),
};

/** A file that has not got its name. */
const UNFINISHED = /\.tmp-[^/]*$/;

/** Files read and written of one folder, and their bytes. */
export interface Traffic {
  filesRead: number;
  bytesRead: number;
  filesWritten: number;
  bytesWritten: number;
}

/**
 * The run directory: the state of a run. A committed file is never changed, but for results that give way to less when nothing
 * needs the rest (`RoundRunner.reduce`); a file that has its final name is complete
 * (it was written under another name first). Names are relative with forward slashes.
 */
export class RunStore {
  readonly directory: string;
  readonly #traffic = new Map<string, Traffic>();
  readonly #appended = new Map<string, AppendedFile>();
  readonly #files = new OpenFiles();
  /** Names unfinished files, also beside those of another process. */
  readonly #mark = randomUUID();
  #temporaries = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the run directory itself. Errors: `OUTPUT_UNWRITABLE`, `DISK_FULL`. */
  async create(): Promise<void> {
    await mkdir(this.directory, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new SpatileError(
        isFull(cause) ? 'DISK_FULL' : 'OUTPUT_UNWRITABLE',
        `${this.directory}: the run directory cannot be made (${cause.code ?? cause.message}); expected ${isFull(cause) ? 'room' : 'a folder you may write to'} beside the output; choose another place for it`,
        { cause },
      );
    });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async has(name: string): Promise<boolean> {
    return access(this.path(name), constants.F_OK).then(
      () => true,
      () => false,
    );
  }

  async read(name: string): Promise<Uint8Array> {
    const bytes = await readFile(this.path(name)).catch((cause: NodeJS.ErrnoException) => {
      throw unreadable(cause, name);
    });
    const traffic = this.#trafficOf(name);
    traffic.filesRead++;
    traffic.bytesRead += bytes.length;
    return bytes;
  }

  /**
   * Parts of a file, in the order given.
   * Errors: `RUN_CORRUPT` when it is missing or ends before a part does.
   */
  async readParts(name: string, parts: readonly FilePart[]): Promise<Uint8Array[]> {
    if (parts.length === 0) return [];
    const read = await readParts(this.path(name), name, parts).catch((cause) => {
      throw cause instanceof SpatileError ? cause : unreadable(cause, name);
    });
    const traffic = this.#trafficOf(name);
    traffic.filesRead++;
    for (const { length } of parts) traffic.bytesRead += length;
    return read;
  }

  /**
   * Fills memory with the bytes of a file from `offset` on; the file stays open until `closeFiles`. Counted by whoever knows what is
   * read for what (`countRead`). Errors as of `readParts`.
   */
  async fill(name: string, into: Uint8Array, offset: number): Promise<void> {
    await this.#files
      .use(this.path(name), name, (file) => file.fill(into, offset))
      .catch((cause) => {
        throw cause instanceof SpatileError ? cause : unreadable(cause, name);
      });
  }

  /** Counts a file of which so many bytes are read with `fill`, in however many pieces. */
  countRead(name: string, bytes: number): void {
    const traffic = this.#trafficOf(name);
    traffic.filesRead++;
    traffic.bytesRead += bytes;
  }

  /** Closes the files that `fill` has left open. */
  closeFiles(): void {
    this.#files.forgetAll();
  }

  /**
   * The first bytes of a file, `length` or all there are, and how many it has; the file counts as read with its parts. Errors as of
   * `read`.
   */
  async readStart(name: string, length: number): Promise<{ bytes: Uint8Array; size: number }> {
    const descriptor = await file.open(this.path(name), 'r').catch((cause) => {
      throw unreadable(cause, name);
    });
    try {
      const { size } = await file.stat(descriptor);
      const out = new Uint8Array(Math.min(length, size));
      const { bytesRead } = await file.read(descriptor, out, 0, out.length, 0);
      this.#trafficOf(name).bytesRead += bytesRead;
      return { bytes: out.subarray(0, bytesRead), size };
    } finally {
      await file.close(descriptor);
    }
  }

  /** What this process has read and written so far, by folder; files outside folders are small and not counted. */
  traffic(): Record<string, Traffic> {
    const folders = [...this.#traffic.keys()].filter((folder) => folder !== '').sort();
    return Object.fromEntries(folders.map((folder) => [folder, { ...this.#traffic.get(folder)! }]));
  }

  /** Counts what a thread of this process has read and written. */
  addTraffic(traffic: Readonly<Record<string, Traffic>>): void {
    for (const [folder, added] of Object.entries(traffic)) {
      const known = this.#trafficOf(`${folder}/`);
      for (const key of Object.keys(known) as (keyof Traffic)[]) known[key] += added[key];
    }
  }

  #trafficOf(name: string): Traffic {
    const folder = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
    const known = this.#traffic.get(folder) ?? {
      filesRead: 0,
      bytesRead: 0,
      filesWritten: 0,
      bytesWritten: 0,
    };
    this.#traffic.set(folder, known);
    return known;
  }

  async readJson<T>(name: string): Promise<T> {
    const bytes = await this.read(name);
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
    } catch (cause) {
      throw new SpatileError('RUN_CORRUPT', `${name}: not valid JSON; start again with --overwrite`, {
        cause,
      });
    }
  }

  /** Names in a folder, sorted; empty when it does not exist. Unfinished files are left out. */
  async list(folder: string): Promise<string[]> {
    const names = await readdir(this.path(folder)).catch(() => [] as string[]);
    return names.filter((name) => !UNFINISHED.test(name)).sort();
  }

  /**
   * Removes what a killed process left half written; only for whoever has the lock of the run.
   * @param lock its file: somebody else may be trying to take it just now.
   */
  async removeUnfinished(lock: string): Promise<void> {
    for (const name of await readdir(this.directory, { recursive: true }))
      if (UNFINISHED.test(name) && !name.startsWith(lock)) await this.remove(name);
  }

  /**
   * Commits `bytes` under `name` by exclusive create: the first commit wins. A later commit of other bytes is a broken
   * promise of determinism and fails with `INTERNAL`; of the same bytes it is harmless.
   * @returns whether this call was the first.
   */
  async commit(name: string, bytes: Uint8Array): Promise<boolean> {
    const temporary = await this.writeTemporary(name, bytes);
    try {
      await link(temporary, this.path(name));
      dieAt('coordinator.after-store', name);
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
        throw storageError(cause as NodeJS.ErrnoException, name);
      const first = createHash('sha256')
        .update(await readFile(this.path(name)))
        .digest('hex');
      const second = createHash('sha256').update(bytes).digest('hex');
      if (first !== second)
        throw new SpatileError(
          'INTERNAL',
          `${name}: two computations gave different bytes (${first.slice(0, 12)} and ${second.slice(0, 12)}); expected the same; networks and ResolVI promise it on one kind of processor only: use one kind for the whole run, else please report this`,
        );
      return false;
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }

  /** Writes or replaces `name` in one step. For files that a deterministic step makes again after a crash. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const temporary = await this.writeTemporary(name, bytes);
    await rename(temporary, this.path(name)).catch((cause: NodeJS.ErrnoException) => {
      throw storageError(cause, name);
    });
    this.#files.forget(name);
    dieAt('coordinator.after-store', name);
  }

  async putJson(name: string, value: unknown): Promise<void> {
    await this.put(name, Buffer.from(`${JSON.stringify(value, null, 1)}\n`));
  }

  /** Appends to a file, which is not synchronised with the disk. Rejects with what the file system says. */
  append(name: string, text: string): Promise<void> {
    const file = this.#appended.get(name) ?? new AppendedFile(this.path(name));
    this.#appended.set(name, file);
    return file.append(text);
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
    // Not before: until it is gone, whoever reads it opens it again.
    this.#files.forgetAll();
  }

  async makeFolder(name: string): Promise<void> {
    await mkdir(this.path(name), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw storageError(cause, name);
    });
  }

  /** A new file; its folder is made when it is missing. */
  private async opened(path: string): Promise<number> {
    try {
      return await file.open(path, 'w');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    }
    await mkdir(dirname(path), { recursive: true });
    return file.open(path, 'w');
  }

  private async writeTemporary(name: string, bytes: Uint8Array): Promise<string> {
    const temporary = `${this.path(name)}.tmp-${this.#mark}-${this.#temporaries++}`;
    try {
      const descriptor = await this.opened(temporary);
      try {
        for (let rest = bytes; rest.length > 0; )
          rest = rest.subarray((await file.write(descriptor, rest)).bytesWritten);
        await file.datasync(descriptor);
      } finally {
        await file.close(descriptor);
      }
      const traffic = this.#trafficOf(name);
      traffic.filesWritten++;
      traffic.bytesWritten += bytes.length;
      dieAt('coordinator.before-store', name);
      return temporary;
    } catch (cause) {
      await unlink(temporary).catch(() => undefined);
      throw storageError(cause as NodeJS.ErrnoException, name);
    }
  }
}

const unreadable = (cause: NodeJS.ErrnoException, name: string): SpatileError =>
  cause.code === 'ENOENT'
    ? new SpatileError(
        'RUN_CORRUPT',
        `${name}: missing from the run directory; start again with --overwrite`,
        { cause },
      )
    : storageError(cause, name);

const isFull = ({ code }: NodeJS.ErrnoException): boolean => code === 'ENOSPC' || code === 'EDQUOT';

/** A file-system failure in the run directory as one sentence. */
export function storageError(cause: NodeJS.ErrnoException, name: string): SpatileError {
  if (isFull(cause)) {
    return new SpatileError(
      'DISK_FULL',
      `${name}: no space left on the disk of the run directory; free some and go on with --resume`,
      { cause },
    );
  }
  return new SpatileError(
    'OUTPUT_UNWRITABLE',
    `${name}: cannot be written (${cause.code ?? cause.message}); check the permissions of the output folder and go on with --resume`,
    { cause },
  );
}
