import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { EncodedChunk } from '@spatile/formats/spatialdata/parquet-chunk';
import type { EarlyPoints } from '@spatile/formats/spatialdata/point-columns';
import type { AssignStage } from '../assign/stage.ts';
import { ThreadPool } from '../threads/pool.ts';
import type { EarlyColumns, EarlyGroup } from './early-group.ts';
import { columnsSpec, ROWS_PER_GROUP } from './points-spec.ts';

/** How long a row group that was begun is waited for, milliseconds: on a busy machine the lowest priority may mean minutes. */
const PATIENCE_MS = 2000;

/**
 * Encodes columns of the output that do not depend on cells while workers sample, when the coordinator has little to do: row group
 * after row group, in a thread of the lowest priority. What it has not done when it is asked to end is left to the writer.
 */
export class EarlyWork {
  readonly #stage: AssignStage;
  /** Of this process alone: another may take the run over, or have lost it to this one. Its name says that nothing there is finished. */
  readonly #folder = `early.tmp-${randomUUID()}`;
  readonly #made: Promise<void>;
  readonly #groups: EarlyGroup[];
  readonly #mayGoOn: () => Promise<boolean>;
  readonly #thread = new ThreadPool(1, 'background');
  readonly #working: Promise<void>;
  #done = 0;
  #ended = false;

  /** @param mayGoOn asked before each row group. */
  constructor(stage: AssignStage, hasQv: boolean, mayGoOn: () => Promise<boolean>) {
    this.#stage = stage;
    this.#groups = earlyGroups(stage, hasQv, ROWS_PER_GROUP, this.#folder);
    this.#mayGoOn = mayGoOn;
    this.#made = stage.store.makeFolder(this.#folder);
    // A failure ends it: the writer does the rest, and says what is wrong.
    this.#working = this.#work().catch(() => undefined);
  }

  async #work(): Promise<void> {
    await this.#made;
    for (const group of this.#groups) {
      if (!(await this.#mayGoOn()) || this.#ended) return;
      await this.#thread.run('encodeEarlyGroup', group);
      this.#done++;
    }
  }

  /** Ends the work with the row group that it is at, or without that when it takes long, and gives what there is. */
  async end(patienceMs = PATIENCE_MS): Promise<EarlyPoints | null> {
    await this.#stop(patienceMs);
    const done = this.#groups.slice(0, this.#done);
    if (done.length === 0) return null;
    const { threads } = this.#stage;
    const read = ({ directory, file }: EarlyGroup): Promise<EarlyColumns> => {
      const columns = threads.run('readEarlyGroup', { directory, file });
      // Heard where it is awaited.
      columns.catch(() => undefined);
      return columns;
    };
    let next = read(done[0]);
    return {
      rows: done.reduce((sum, { rows }) => sum + rows, 0),
      group: async (index) => {
        const columns = await next;
        if (index + 1 < done.length) next = read(done[index + 1]);
        return chunksOf(columns);
      },
    };
  }

  /** Ends the work at once and removes what was written, whether or not it was of use; what cannot be removed is nobody's trouble. */
  async close(): Promise<void> {
    await this.#stop(0);
    await this.#made.then(() => this.#stage.store.remove(this.#folder)).catch(() => undefined);
  }

  async #stop(patienceMs: number): Promise<void> {
    this.#ended = true;
    const waiting = new AbortController();
    const over = setTimeout(patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([this.#working, over]);
    waiting.abort();
    await this.#thread.close();
  }
}

const chunksOf = ({ bytes, places }: EarlyColumns): ReadonlyMap<string, EncodedChunk> =>
  new Map(
    places.map(({ name, start, length, chunk }) => [
      name,
      { bytes: bytes.subarray(start, start + length), chunk },
    ]),
  );

/** The row groups of the output: transcripts in order of (tile, input row). Their columns go to files of a folder of the run directory. */
export function earlyGroups(
  { slide, store, regions, transcripts }: Pick<AssignStage, 'slide' | 'store' | 'regions' | 'transcripts'>,
  hasQv: boolean,
  rowsPerGroup: number,
  folder: string,
): EarlyGroup[] {
  const spec = columnsSpec({ slide, hasQv });
  const groups: EarlyGroup[] = [];
  let row = 0;
  for (let tile = 0; tile < transcripts.length; tile++) {
    for (let from = 0; from < transcripts[tile]; ) {
      const [index, filled] = [Math.floor(row / rowsPerGroup), row % rowsPerGroup];
      if (filled === 0)
        groups.push({
          ...{ directory: store.directory, file: `${folder}/${index}.columns`, firstRow: row, rows: 0 },
          ...{ parts: [], spec, genes: slide.features.genes },
        });
      const to = Math.min(transcripts[tile], from + rowsPerGroup - filled);
      const group = groups[index];
      group.parts.push({ ...regions.fileOf(tile), from, to });
      group.rows += to - from;
      row += to - from;
      from = to;
    }
  }
  return groups;
}
