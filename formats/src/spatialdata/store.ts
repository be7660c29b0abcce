import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSpatileError, SpatileError } from '../errors.ts';
import { type Encoders, ownEncoders } from './encoders.ts';

/** `zarr.json` of one node; groups and arrays alike. */
export type NodeJson = Record<string, unknown>;

/** Turns an error of the file system into `DISK_FULL` or `OUTPUT_UNWRITABLE`; others pass unchanged. */
export function asOutputError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (isSpatileError(error) || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SpatileError(
      'DISK_FULL',
      `${path}: the disk is full (${code}); expected room for the output; free some space or choose another folder and run again`,
      { fields: { file: path }, cause: error },
    );
  }
  return new SpatileError(
    'OUTPUT_UNWRITABLE',
    `${path}: cannot be written (${code}); expected a writable folder; check that it exists and its permissions`,
    { fields: { file: path }, cause: error },
  );
}

/** Digest of a whole store from the digests of its files: what `sha256sum` prints for the sorted paths, hashed again. */
export function digestOfFiles(files: ReadonlyMap<string, string>): string {
  const paths = [...files.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${files.get(path)}  ${path}\n`);
  return hash.digest('hex');
}

/** SHA-256 (hex) over all files of a finished store, read from disk; equals the digest `finish` returned. */
export async function digestOfStore(path: string): Promise<string> {
  const files = new Map<string, string>();
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const name = prefix + entry.name;
      if (entry.isDirectory()) await visit(join(folder, entry.name), `${name}/`);
      else files.set(name, await digestOfFile(join(folder, entry.name)));
    }
  };
  await visit(path, '');
  return digestOfFiles(files);
}

async function digestOfFile(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    for await (const piece of handle.createReadStream({ autoClose: false })) hash.update(piece as Buffer);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

/** One file that is written front to back while its digest is taken. */
export class StoreFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #hash: Hash = createHash('sha256');
  readonly #done: (digest: string, bytes: number) => void;
  #bytes = 0;

  constructor(handle: FileHandle, path: string, done: (digest: string, bytes: number) => void) {
    this.#handle = handle;
    this.#path = path;
    this.#done = done;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      let written = 0;
      while (written < bytes.length) {
        written += (await this.#handle.write(bytes, written, bytes.length - written)).bytesWritten;
      }
    } catch (error) {
      throw asOutputError(error, this.#path);
    }
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  async close(): Promise<void> {
    try {
      await this.#handle.close();
    } catch (error) {
      throw asOutputError(error, this.#path);
    }
    this.#done(this.#hash.digest('hex'), this.#bytes);
  }

  /** Closes without counting the file as written; for the way out after an error. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }
}

/**
 * The folder of an output while it is being written: `<path>.partial`, renamed to `<path>` when everything is in it, so
 * that nothing half-written looks complete. Remembers the metadata of every node for the consolidated block.
 */
export class PartialStore {
  readonly path: string;
  readonly encoders: Encoders;
  readonly #partial: string;
  readonly #files = new Map<string, string>();
  readonly #nodes = new Map<string, NodeJson>();
  readonly #folders = new Set<string>();
  #bytes = 0;

  private constructor(path: string, encoders: Encoders) {
    this.path = path;
    this.encoders = encoders;
    this.#partial = `${path}.partial`;
  }

  /**
   * Makes `<path>.partial`, removing the remains of an earlier attempt.
   * Errors: `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`, `DISK_FULL`.
   */
  static async create(path: string, encoders: Encoders = ownEncoders): Promise<PartialStore> {
    if (
      await stat(path).then(
        () => true,
        () => false,
      )
    ) {
      throw new SpatileError(
        'OUTPUT_EXISTS',
        `${path}: is already there; expected a new name; choose another output or overwrite it explicitly`,
        { fields: { file: path } },
      );
    }
    const store = new PartialStore(path, encoders);
    try {
      await rm(store.#partial, { recursive: true, force: true });
      await mkdir(store.#partial);
    } catch (error) {
      throw asOutputError(error, path);
    }
    return store;
  }

  /** Opens a new file (relative path with forward slashes) for writing. */
  async file(name: string): Promise<StoreFile> {
    const path = join(this.#partial, name);
    try {
      const folder = dirname(path);
      if (!this.#folders.has(folder)) await mkdir(folder, { recursive: true });
      this.#folders.add(folder);
      return new StoreFile(await open(path, 'wx'), path, (digest, bytes) => {
        this.#files.set(name, digest);
        this.#bytes += bytes;
      });
    } catch (error) {
      throw asOutputError(error, path);
    }
  }

  /** Bytes of the files written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Writes a whole file. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const file = await this.file(name);
    try {
      await file.append(bytes);
    } catch (error) {
      await file.discard();
      throw error;
    }
    await file.close();
  }

  /** Takes a copy of a file from elsewhere, free where the file system shares blocks; never a link, which writes would go through. */
  async adopt(name: string, source: string): Promise<void> {
    const path = join(this.#partial, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await copyFile(source, path, constants.COPYFILE_FICLONE);
      this.#files.set(name, await digestOfFile(path));
      this.#bytes += (await stat(path)).size;
    } catch (error) {
      throw asOutputError(error, path);
    }
  }

  /** Reads back a file of this store; null when it was never written. */
  async read(name: string): Promise<Uint8Array | null> {
    return this.#files.has(name) ? readFile(join(this.#partial, name)) : null;
  }

  /** Writes the `zarr.json` of a node below the root. */
  async node(name: string, json: NodeJson): Promise<void> {
    this.#nodes.set(name, json);
    await this.write(`${name}/zarr.json`, encodeJson(json));
  }

  hasNode(name: string): boolean {
    return this.#nodes.has(name);
  }

  /** Nodes sorted by depth, then by path: zarr-python folds the list by walking it and wants siblings side by side. */
  nodes(): [string, NodeJson][] {
    const depth = (name: string): number => name.split('/').length;
    return [...this.#nodes].sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1));
  }

  /** Writes the root's `zarr.json` last and renames the folder into place; returns the digest of the store. */
  async finish(root: NodeJson): Promise<string> {
    await this.write('zarr.json', encodeJson(root));
    try {
      await rename(this.#partial, this.path);
    } catch (error) {
      throw asOutputError(error, this.path);
    }
    return digestOfFiles(this.#files);
  }

  /** Removes everything that was written. */
  async abort(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
  }
}

const encodeJson = (json: NodeJson): Uint8Array => Buffer.from(`${JSON.stringify(json, null, 1)}\n`, 'utf8');
