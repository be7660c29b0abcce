import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** What the server keeps of a run, one JSON file each, so that a server that was restarted knows its runs. */
const schema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  state: z.enum(['WAITING', 'RUNNING', 'FINISHED', 'FAILED', 'CANCELLED']),
  bundle: z.string(),
  output: z.string(),
  mode: z.enum(['new', 'resume', 'overwrite']),
  submitted: z.string(),
  error: z.string(),
  errorCode: z.string().default(''),
  /** More that the run is started with. */
  more: z.array(z.string()).default([]),
  /** Most workers of each kind that are made for it; 0: as many as the server makes by itself. */
  mostWorkers: z.int().min(0).default(0),
  summary: z.string(),
  /** The process that carries it out, for a server that finds it left over. */
  process: z.strictObject({ pid: z.int().min(2), started: z.string().nullable() }).nullable(),
});

export type RunRecord = z.infer<typeof schema>;

export const hasEnded = ({ state }: RunRecord): boolean =>
  state === 'FINISHED' || state === 'FAILED' || state === 'CANCELLED';

/**
 * The files of the runs in one folder. Records of one run are written one after the other, and a record that is older than
 * one that waits is left out, so that the newest always is the one that stays.
 */
export class RunRecords {
  readonly #folder: string;
  readonly #waiting = new Map<string, RunRecord>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The records of an earlier server, oldest first; those that do not parse are told and left where they are. */
  async read(warn: (text: string) => void): Promise<RunRecord[]> {
    const records: RunRecord[] = [];
    for (const name of (await readdir(this.#folder)).filter((name) => name.endsWith('.json')).sort()) {
      try {
        const record = schema.parse(JSON.parse(await readFile(join(this.#folder, name), 'utf8')));
        if (`${record.id}.json` !== name) throw new Error('it tells of another run');
        records.push(record);
      } catch (error) {
        warn(`${name}: this run is left out, its record cannot be read (${firstLine(error)})`);
      }
    }
    return records.sort((a, b) => (a.submitted < b.submitted ? -1 : a.submitted > b.submitted ? 1 : 0));
  }

  /** Writes a record, or a newer one of that run. Rejects with what the file system says. */
  keep(record: RunRecord): Promise<void> {
    const { id } = record;
    this.#waiting.set(id, record);
    const before = this.#writing.get(id) ?? Promise.resolve();
    const written = before.then(() => this.#write(id));
    const quiet = written
      .catch(() => undefined)
      .then(() => {
        if (this.#writing.get(id) === quiet) this.#writing.delete(id);
      });
    this.#writing.set(id, quiet);
    return written;
  }

  /** The file with the whole configuration of a run. */
  config(id: string): string {
    return join(this.#folder, `${id}.yaml`);
  }

  /** Forgets a run that was not taken in after all. */
  async remove(id: string): Promise<void> {
    this.#waiting.delete(id);
    for (const ending of ['yaml', 'json']) await rm(join(this.#folder, `${id}.${ending}`), { force: true });
  }

  /** When nothing is being written any more. */
  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing.values());
  }

  async #write(id: string): Promise<void> {
    const record = this.#waiting.get(id);
    if (record === undefined) return;
    this.#waiting.delete(id);
    const path = join(this.#folder, `${id}.json`);
    const partial = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    try {
      await writeFile(partial, `${JSON.stringify(record, null, 1)}\n`);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      // The next in the row tries again, unless there is a newer one by then.
      if (!this.#waiting.has(id)) this.#waiting.set(id, record);
      throw error;
    }
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof z.ZodError
    ? `${error.issues[0].path.join('.')}: ${error.issues[0].message}`
    : String(error instanceof Error ? error.message : error)
  ).split('\n')[0];
