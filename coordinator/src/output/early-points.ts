import type { EncodedChunk } from '@spatile/formats/spatialdata/parquet-chunk';
import type { EarlyPoints } from '@spatile/formats/spatialdata/point-columns';
import type { AssignStage } from '../assign/stage.ts';
import { ThreadPool } from '../threads/pool.ts';
import type { EarlyColumns, EarlyGroup } from './early-group.ts';
import { columnsSpec, ROWS_PER_GROUP } from './points-spec.ts';

const FOLDER = 'early';

/**
 * Encodes columns of the output that do not depend on cells while workers sample, when the coordinator has little to do: row group
 * after row group, in a thread of the lowest priority. What it has not done when it is asked to end is left to the writer.
 */
export class EarlyWork {
  readonly #stage: AssignStage;
  readonly #groups: EarlyGroup[];
  readonly #mayGoOn: () => Promise<boolean>;
  readonly #thread = new ThreadPool(1, 'background');
  readonly #working: Promise<void>;
  #done = 0;
  #ended = false;

  /** @param mayGoOn asked before each row group. */
  constructor(stage: AssignStage, hasQv: boolean, mayGoOn: () => Promise<boolean>) {
    this.#stage = stage;
    this.#groups = earlyGroups(stage, hasQv, ROWS_PER_GROUP);
    this.#mayGoOn = mayGoOn;
    // A failure ends it: the writer does the rest, and says what is wrong.
    this.#working = this.#work().catch(() => undefined);
  }

  async #work(): Promise<void> {
    await this.#stage.store.remove(FOLDER);
    await this.#stage.store.makeFolder(FOLDER);
    for (const group of this.#groups) {
      if (this.#ended || !(await this.#mayGoOn())) return;
      await this.#thread.run('encodeEarlyGroup', group);
      this.#done++;
    }
  }

  /** Ends the work with the row group that it is at, and gives what there is. */
  async end(): Promise<EarlyPoints | null> {
    await this.#stop();
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

  /** Removes what was written, whether or not it was of use. */
  async close(): Promise<void> {
    await this.#stop();
    await this.#stage.store.remove(FOLDER);
  }

  async #stop(): Promise<void> {
    this.#ended = true;
    await this.#working;
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

/** The row groups of the output: transcripts in order of (tile, input row). */
export function earlyGroups(
  { slide, store, regions, transcripts }: Pick<AssignStage, 'slide' | 'store' | 'regions' | 'transcripts'>,
  hasQv: boolean,
  rowsPerGroup: number,
): EarlyGroup[] {
  const spec = columnsSpec({ slide, hasQv });
  const groups: EarlyGroup[] = [];
  let row = 0;
  for (let tile = 0; tile < transcripts.length; tile++) {
    for (let from = 0; from < transcripts[tile]; ) {
      const [index, filled] = [Math.floor(row / rowsPerGroup), row % rowsPerGroup];
      if (filled === 0)
        groups.push({
          ...{ directory: store.directory, file: `${FOLDER}/${index}.tmp-columns`, firstRow: row, rows: 0 },
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
