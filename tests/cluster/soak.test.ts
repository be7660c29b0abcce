import { readdirSync } from 'node:fs';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { pause } from '../pipeline/process.ts';
import { run, SHORT_PROSEG, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { digestOfFiles } from '../pipeline/store.ts';
import { hasBroker } from './broker.ts';
import { below, SOAK_FAULTS } from './soak/faults.ts';
import { Scene } from './soak/scene.ts';

/** A few faults in every test run; `npm run soak -- --faults 200 --seed N` for more. */
const FAULTS = Number(process.env.SPATILE_SOAK_FAULTS ?? 4);
const SEED = Number(process.env.SPATILE_SOAK_SEED ?? 1);
/** Faults of one run, and the longest time between two of them, milliseconds. */
const FAULTS_PER_RUN = 8;
const LONGEST_CALM_MS = 1000;
/** How often a run may give up over a tile, because too many workers died on it by chance, and be resumed. */
const MOST_GIVEN_UP = 5;

/** A run that hangs has to end some time, also on a loaded machine. */
const LONGEST_MS = 300_000 + 60_000 * FAULTS;

const at = testFolder();
const plan = { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16, memorySplits: 0 } as const;
const KINDS = [
  { assign: { method: 'proseg', proseg: SHORT_PROSEG }, plan },
  { assign: { method: 'expand' }, plan },
] as const;
const say = (text: string): void => {
  if (process.env.SPATILE_SOAK_FAULTS !== undefined) process.stdout.write(`${text}\n`);
};

describe.skipIf(!hasBroker)(`a soak of ${FAULTS} faults drawn from seed ${SEED}`, () => {
  let slide = '';
  const digests: string[] = [];
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    const kinds = FAULTS > FAULTS_PER_RUN ? KINDS : KINDS.slice(0, 1);
    for (const [i, settings] of kinds.entries())
      digests.push((await run(slide, at(`calm ${i}.zarr`), settings)).digest);
  }, 600_000);

  test('ends every run with the bytes of one machine', { timeout: LONGEST_MS }, async () => {
    const random = new RandomStream(SEED, 'soak');
    const told = new Map<string, number>();
    let resumed = 0;
    let runs = 0;
    for (let done = 0; done < FAULTS; runs++) {
      const kind = runs % digests.length;
      const scene = await Scene.open(slide, at(`run ${runs}.zarr`), KINDS[kind]);
      try {
        const most = Math.min(FAULTS_PER_RUN, FAULTS - done);
        for (let i = 0; i < most && (await scene.ready()); i++) {
          await pause(below(random, LONGEST_CALM_MS));
          const name = Object.keys(SOAK_FAULTS)[below(random, Object.keys(SOAK_FAULTS).length)];
          await SOAK_FAULTS[name](scene, random);
          scene.replenish();
          told.set(name, (told.get(name) ?? 0) + 1);
          say(`run ${runs}, fault ${++done}: ${name}`);
        }
        expect(await digestAtTheEnd(scene), `run ${runs} of seed ${SEED}`).toBe(digests[kind]);
        resumed += scene.resumed;
        await expectNothingLeft(scene);
      } finally {
        await scene.close();
      }
    }
    for (const [name, count] of [...told].sort()) say(`${String(count).padStart(4)} ${name}`);
    say(
      `seed ${SEED}: ${FAULTS} faults in ${runs} runs, resumed ${resumed} times; every output as on one machine`,
    );
    expect(runs).toBeGreaterThan(0);
  });
});

/** Waits for the end of a run; one that gave up over a tile is resumed. */
async function digestAtTheEnd(scene: Scene): Promise<string> {
  for (let givenUp = 0; ; givenUp++) {
    scene.replenish();
    const { exitCode, stderr } = await scene.running.ended;
    if (exitCode === 0) return digestOfFiles(scene.output);
    expect(stderr).toMatch(/were not heard of again|workers died on it|computing process died/);
    expect(givenUp).toBeLessThan(MOST_GIVEN_UP);
    scene.resume();
  }
}

async function expectNothingLeft({ cluster, output }: Scene): Promise<void> {
  const files = readdirSync(runDirectoryFor(output), { recursive: true }).map(String);
  expect(files.filter((name) => name.includes('.tmp-'))).toEqual([]);
  const connection = await connect({ servers: cluster.broker.url });
  const { state } = await (await jetstreamManager(connection)).streams.info('SPATILE_TASKS');
  await connection.close();
  expect(state).toMatchObject({ messages: 0, consumer_count: 0 });
}
