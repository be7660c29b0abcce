import type { Block } from '@spatile/coordinator/correct/blocks';
import { heldCounts } from '@spatile/coordinator/correct/counts/memory';
import type { CorrectStage } from '@spatile/coordinator/correct/method';
import type { BlockTranscripts } from '@spatile/coordinator/correct/transcripts/source';
import type { RoundRunner, RoundTask } from '@spatile/coordinator/run/rounds';
import { defaultConfig, type RunConfig } from '@spatile/formats/config/schema';
import type { TableColumn } from '@spatile/formats/spatialdata/write';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { handlers } from '@spatile/worker/stages';

/** A molecule of a toy slide. */
export interface Molecule {
  gene: number;
  x: number;
  y: number;
  z: number;
}

/** A cell of a toy slide: type, place, molecules. */
export interface ToyCell {
  type: string;
  x: number;
  y: number;
  molecules: Molecule[];
}

/** Runs tasks here, in the order given by `order`, by the frames that would cross between processes. */
export class InlineRunner {
  readonly bytes = new Map<string, Uint8Array>();
  readonly #order: (tasks: RoundTask[]) => RoundTask[];

  constructor(order: (tasks: RoundTask[]) => RoundTask[] = (tasks) => tasks) {
    this.#order = order;
  }

  async run(round: string, _label: string, tasks: RoundTask[]): Promise<void> {
    for (const task of this.#order(tasks)) {
      const input = decodeFrame(encodeFrame(await task.input()), null);
      const result = await handlers[task.kind](input, { progress() {}, count() {} });
      this.bytes.set(`${round}/${task.id}`, encodeFrame(result));
    }
  }

  async result(round: string, id: string, kind: string | null) {
    return decodeFrame(this.bytes.get(`${round}/${id}`)!, kind);
  }
}

/** The correct stage on a toy slide, with the types of its cells in the column `cell_type`. */
export function stageOf(
  cells: readonly ToyCell[],
  genes: number,
  change: Partial<RunConfig['correct']['celladmix']>,
  runner: InlineRunner,
): CorrectStage {
  const config = defaultConfig();
  config.correct.methods = ['celladmix'];
  Object.assign(config.correct.celladmix, change);
  const rows = cells.map(({ molecules }) => {
    const counts = new Map<number, number>();
    for (const { gene } of molecules) counts.set(gene, (counts.get(gene) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => a - b);
  });
  const indptr = new Int32Array(cells.length + 1);
  rows.forEach((row, i) => {
    indptr[i + 1] = indptr[i] + row.length;
  });
  const names = Array.from({ length: genes }, (_, g) => `gene-${g}`);
  const types = [...new Set(cells.map(({ type }) => type))].filter((type) => type !== '').sort();
  const obs: TableColumn[] = [
    {
      name: 'cell_type',
      kind: 'categorical',
      values: Int32Array.from(cells, ({ type }) => types.indexOf(type)),
      categories: types,
    },
  ];
  const held = heldCounts(
    {
      indptr,
      indices: Int32Array.from(rows.flatMap((row) => row.map(([gene]) => gene))),
      data: Int32Array.from(rows.flatMap((row) => row.map(([, n]) => n))),
    },
    { geneNames: names, geneIds: names, spatial: Float64Array.from(cells.flatMap(({ x, y }) => [x, y])) },
  );
  return {
    config,
    table: { ...held, obs },
    reference: null,
    transcripts: { hasZ: true, ofBlock: async (block) => transcriptsOf(cells, block) },
    runner: runner as unknown as RoundRunner,
  };
}

function transcriptsOf(cells: readonly ToyCell[], { from, to }: Block): BlockTranscripts {
  const own = cells.slice(from, to);
  const all = own.flatMap(({ molecules }) => molecules);
  return {
    length: Uint32Array.from(own, ({ molecules }) => molecules.length),
    gene: Uint32Array.from(all, ({ gene }) => gene),
    x: Float32Array.from(all, ({ x }) => x),
    y: Float32Array.from(all, ({ y }) => y),
    z: Float32Array.from(all, ({ z }) => z),
    id: BigUint64Array.from(all, (_, i) => BigInt(i)),
  };
}
