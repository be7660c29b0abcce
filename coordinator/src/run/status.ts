import { SpatileError } from '@spatile/formats/errors';
import type { StatusSummary } from '../api.ts';
import { ASSIGN_ROUND } from '../assign/geometric.ts';
import type { TilePlan } from '../plan/plan.ts';
import type { RunIdentity } from './identity.ts';
import { RunStore } from './store.ts';

/** What lies in a run directory. Errors: `INPUT_MISSING` when it is not one. */
export async function readStatus(runDirectory: string): Promise<StatusSummary> {
  const store = new RunStore(runDirectory);
  if (!(await store.has('run.json'))) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${runDirectory}: not a run directory (no run.json); give the .run folder beside the output`,
    );
  }
  await store.readJson<RunIdentity>('run.json');
  const tiles = (await store.has('plan.json'))
    ? (await store.readJson<TilePlan>('plan.json')).tiles.filter(
        (tile) => tile.transcripts > 0 || tile.cells > 0,
      ).length
    : 0;
  const rounds: StatusSummary['rounds'] = [];
  for (const round of await store.list('results')) {
    const done = (await store.list(`results/${round}`)).length;
    rounds.push({
      round,
      done,
      // The rounds of the fit work on pilots and blocks, those of the borders on units: the plan does not say how many.
      total: round === ASSIGN_ROUND ? Math.max(tiles, done) : null,
    });
  }
  return {
    runDirectory,
    state: (await store.has('summary.json')) ? 'finished' : 'running-or-killed',
    rounds,
    output: runDirectory.replace(/\.run\/?$/, '.zarr'),
  };
}
