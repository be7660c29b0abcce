import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heldCounts } from '@spatile/coordinator/correct/counts/memory';
import type { CorrectStage } from '@spatile/coordinator/correct/method';
import { resolviSlide } from '@spatile/coordinator/correct/resolvi/slide';
import { trainSlide } from '@spatile/coordinator/correct/resolvi/training';
import type { PoolEvent, TaskPool } from '@spatile/coordinator/dispatch/task-pool';
import type { RunLog } from '@spatile/coordinator/run/log';
import { RoundRunner } from '@spatile/coordinator/run/rounds';
import { RunStore } from '@spatile/coordinator/run/store';
import { configSchema } from '@spatile/formats/config/schema';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { wholeOf } from '@spatile/proto/payload';
import { trainResolvi } from '@spatile/worker/correct/resolvi/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GENES, littleSlide } from './little.ts';

const CELLS = 90;
const EPOCHS = 4;
/** Three pools, each once in an epoch. */
const CUTS = { stretchSteps: 10, poolEntries: 350 };
const POOLS = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-resolvi-'));
});
afterAll(() => rm(folder, { recursive: true }));

const config = configSchema.parse({
  correct: {
    methods: ['resolvi'],
    resolvi: {
      ...{ epochs: EPOCHS, batch: 16, particles: 2, hidden: 8, encoderHidden: 16, latent: 4 },
      ...{ components: 3, neighbours: 3 },
    },
  },
});

const { rows } = littleSlide(CELLS, 0.2);
const table = heldCounts(
  {
    indptr: Int32Array.from({ length: CELLS + 1 }, (_, i) =>
      rows.length.slice(0, i).reduce((a, b) => a + b, 0),
    ),
    indices: Int32Array.from(rows.gene),
    data: Int32Array.from(rows.count),
  },
  {
    geneNames: Array.from({ length: GENES }, (_, j) => `G${j}`),
    geneIds: Array.from({ length: GENES }, (_, j) => `G${j}`),
    spatial: Float64Array.from({ length: 2 * CELLS }, (_, i) => (i % 2 === 0 ? 5 * i : 0)),
  },
);

/** What was trained on the same bytes before is not trained again. */
const known = new Map<string, Uint8Array>();
async function trainedOnce(input: Uint8Array): Promise<Uint8Array> {
  const key = createHash('sha256').update(input).digest('hex');
  if (!known.has(key)) {
    const frame = await trainResolvi(decodeFrame(input, null, 'task'), {
      progress: () => {},
      count: () => {},
    });
    known.set(key, encodeFrame(frame));
  }
  return known.get(key)!;
}

/** Trains in this process. @param ask hears the round of every task that is computed. */
function poolOf(listener: (event: PoolEvent) => void, ask: (round: string) => void): TaskPool {
  const compute: TaskPool['send'] = async (worker, task, attempt, _kind, input) => {
    const bytes = await trainedOnce(await wholeOf(await input()));
    const took = { seconds: 0, cpuSeconds: 0, peakRssBytes: 0, work: {} };
    listener({ type: 'done', worker, task, attempt, bytes, ...took });
  };
  return {
    start: () => listener({ type: 'ready', worker: 0 }),
    close: async () => {},
    async send(...task) {
      ask(task[1].slice(0, task[1].indexOf('/')));
      // The input is a job of the coordinator, as sending is: who sends must not wait for it.
      void compute(...task);
    },
  };
}

interface Watched {
  /** Rounds that were computed. */
  asked: string[];
  /** Largest number of files that held parameters or splits when a task began. */
  checkpoints: number;
  splits: number;
}

/** Trains in a run directory. @param stopAt number of the stretch at whose end it is interrupted. */
async function train(name: string, { stopAt = -1, keep = false } = {}) {
  const store = new RunStore(join(folder, name));
  const stop = new AbortController();
  const watched: Watched = { asked: [], checkpoints: 0, splits: 0 };
  const runner = new RoundRunner({
    ...{ store, workers: 1, memoryBytes: 2 ** 30, order: 'heaviest', signal: stop.signal },
    log: { warn: () => {} } as unknown as RunLog,
    progress: (event) => {
      if (event.kind === 'advance' && event.step === roundOf(stopAt) && event.done === 1) stop.abort();
    },
    cluster: {
      slots: 1,
      open: (_log, listener) =>
        poolOf(listener, (round) => {
          watched.asked.push(round);
          const sizes = sizesOf(store);
          watched.checkpoints = Math.max(watched.checkpoints, sizes.filter((n) => n > HEAVY).length);
          watched.splits = Math.max(watched.splits, sizes.filter((n) => n > LIGHT).length);
        }),
    },
  });
  if (keep) runner.reduce = async () => {};
  await store.create();
  const stage = { config, table, runner, reference: null, transcripts: null } as CorrectStage;
  const slide = (await resolviSlide(stage, null))!;
  try {
    return { learned: await trainSlide(stage, slide, CUTS), watched, sizes: sizesOf(store) };
  } finally {
    await runner.close();
  }
}

const roundOf = (stretch: number): string => `correct-resolvi-train-${String(stretch).padStart(5, '0')}`;

/** Parameters and moments of this network take more; a split over neighbours of a pool takes more; losses take less. */
const HEAVY = 8000;
const LIGHT = 2000;

function sizesOf(store: RunStore): number[] {
  const rounds = readdirSync(store.path('results'));
  return rounds.flatMap((round) =>
    readdirSync(store.path(`results/${round}`)).map(
      (file) => statSync(store.path(`results/${round}/${file}`)).size,
    ),
  );
}

describe('training in many stretches', () => {
  let whole: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    whole = await train('whole');
  });

  test('keeps few checkpoints, and learns what it learns when it keeps all', async () => {
    const { learned, watched, sizes } = whole;
    expect(watched.asked).toEqual(Array.from({ length: POOLS * EPOCHS }, (_, i) => roundOf(i)));
    const all = await train('all', { keep: true });
    expect(all.sizes.every((n) => n > HEAVY)).toBe(true);
    expect(all.learned).toEqual(learned);
    expect(sizes.length).toBe(POOLS * EPOCHS);
    expect(watched.checkpoints).toBe(2);
    expect(watched.splits).toBe(POOLS + 1);
    expect(sizes.filter((n) => n > HEAVY).length).toBe(2);
    expect(sizes.filter((n) => n > LIGHT).length).toBe(POOLS + 1);
  });

  test.each([0, 1, 4, 8, 11])('goes on after stretch %i with what is there', async (stopAt) => {
    const name = `stopped-${stopAt}`;
    await expect(train(name, { stopAt })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { learned, watched, sizes } = await train(name);
    expect(watched.asked).toEqual(whole.watched.asked.slice(stopAt + 1));
    expect(learned).toEqual(whole.learned);
    expect(sizes).toEqual(whole.sizes);
    // Once more, on a run whose training is over.
    const again = await train(name);
    expect(again.watched.asked).toEqual([]);
    expect(again.learned).toEqual(whole.learned);
  });
});
