import { readdir } from 'node:fs/promises';
import type { Finding } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { isSpatileError, type SpatileError } from '@spatile/formats/errors';
import type { ProgressEvent, TaskEvent } from '../api.ts';
import { ASSIGN_ROUND } from '../assign/geometric.ts';
import { OUTLINE_ROUND } from '../output/cells.ts';
import { minEdgeUm } from '../plan/make.ts';
import type { Tile, TilePlan } from '../plan/plan.ts';
import { cutAt } from '../plan/quadtree.ts';
import { SCAN_FILE } from '../scan/store.ts';
import { MODEL_FILE } from '../segment/round.ts';
import { LOCK_FILE } from './directory.ts';
import { logEvent } from './events.ts';
import { PLAN_FILE } from './prepare.ts';
import type { RunStore } from './store.ts';

/** In the run directory: how the plan was revised. */
export const REVISIONS_FILE = 'revisions.json';
/** Rounds whose tasks are the tiles of the plan. */
const TILE_ROUNDS: readonly unknown[] = [ASSIGN_ROUND, OUTLINE_ROUND];
/** What of a run directory does not depend on the plan of the tiles, beside results of the segment stage. */
const KEPT = new Set([
  'run.json',
  'events.ndjson',
  'spatile.log',
  'cluster.json',
  LOCK_FILE,
  REVISIONS_FILE,
  SCAN_FILE,
  MODEL_FILE,
  'results',
]);

type Split = RunConfig['plan']['split'];

/** `split` is what the run added itself; what the plan before made of it is gone when `cleared`. */
interface Revisions {
  split: Split;
  cleared: boolean;
}

interface Attempted {
  config: RunConfig;
  progress: (event: ProgressEvent) => void;
  tasks?: (event: TaskEvent) => void;
}

/**
 * Carries out what follows from a plan, and revises the plan where workers ran out of memory on one of its tiles: the tile is
 * cut (`plan.split`), and everything is assigned anew. The revision is stored, so that a resumed run goes on with it; its
 * output is that of an undisturbed run with the same `plan.split`.
 * @param attempt gets the configuration with the revisions so far, and what is to be said of them.
 * Errors: those of `attempt`, the last one when the plan may or can not be revised.
 */
export async function inRevisions<T>(
  store: RunStore,
  { config, progress, tasks }: Attempted,
  attempt: (config: RunConfig, findings: Finding[]) => Promise<T>,
): Promise<T> {
  let split = await storedSplit(store);
  for (;;) {
    const revised = withSplit(config, split);
    try {
      return await attempt(revised, findingsOf(revised, split));
    } catch (error) {
      const tile = await tileToCut(store, config, split, error);
      if (tile === null) throw error;
      split = [...split, middleOf(tile)];
      const { message } = error as SpatileError;
      const { round } = (error as SpatileError).fields as { round: string };
      await store.putJson(REVISIONS_FILE, { split, cleared: false } satisfies Revisions);
      await logEvent(store, { type: 'plan-revised', revision: split.length, round, tile: tile.id, message });
      tasks?.({ kind: 'plan-revised', round, tile: tile.id });
      progress({
        kind: 'warning',
        message: `${message}; the tile is cut and the slide assigned anew (revision ${split.length} of the plan)`,
      });
      await clear(store, split);
    }
  }
}

/** What the run revised before it was stopped; takes up a revision in the middle of which it was. */
async function storedSplit(store: RunStore): Promise<Split> {
  if (!(await store.has(REVISIONS_FILE))) return [];
  const { split, cleared } = await store.readJson<Revisions>(REVISIONS_FILE);
  if (!cleared) await clear(store, split);
  return split;
}

const withSplit = (config: RunConfig, split: Split): RunConfig =>
  split.length === 0
    ? config
    : { ...config, plan: { ...config.plan, split: [...config.plan.split, ...split] } };

/** The tile over which an attempt failed; null when it was not for memory, or the tile may or can not be cut. */
async function tileToCut(
  store: RunStore,
  config: RunConfig,
  split: Split,
  error: unknown,
): Promise<Tile | null> {
  if (!isSpatileError(error) || error.fields.outOfMemory !== true) return null;
  if (!TILE_ROUNDS.includes(error.fields.round) || split.length >= config.plan.memorySplits) return null;
  const { tiles, latticeUm } = await store.readJson<TilePlan>(PLAN_FILE);
  const tile = tiles.find(({ id }) => id === error.fields.tile);
  if (tile === undefined) return null;
  const parts = cutAt([tile.core], middleOf(tile), { latticeUm, minEdgeUm: minEdgeUm(config) });
  return parts.length > 1 ? tile : null;
}

const middleOf = ({ core }: Tile): [number, number] => [(core.x0 + core.x1) / 2, (core.y0 + core.y1) / 2];

/** Removes what was made by the plan before. */
async function clear(store: RunStore, split: Split): Promise<void> {
  for (const name of await readdir(store.directory)) if (!KEPT.has(name)) await store.remove(name);
  for (const round of await store.list('results'))
    if (!round.startsWith('segment')) await store.remove(`results/${round}`);
  await store.putJson(REVISIONS_FILE, { split, cleared: true } satisfies Revisions);
}

function findingsOf({ plan }: RunConfig, split: Split): Finding[] {
  if (split.length === 0) return [];
  return [
    {
      level: 'warning',
      code: 'PLAN_REVISED',
      message: `workers ran out of memory on ${split.length === 1 ? 'a tile' : `${split.length} tiles`}, which ${split.length === 1 ? 'was' : 'were'} cut; the output is that of a run with plan.split=${JSON.stringify(plan.split)}, not of the plan without`,
    },
  ];
}
