import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { recomputeTile } from '@spatile/coordinator/run/tile';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { expect } from 'vitest';
import { committed, events } from './faults.ts';
import { childrenOf } from './process.ts';
import { run } from './slide.ts';

/** How long a stopped worker is left with a task before it is killed, milliseconds. */
const HOLD_MS = 100;

/**
 * Runs with one worker and kills it while it holds a tile of a round: it is stopped when it has committed one, so
 * it is handed another that it cannot finish. Returns the digest.
 */
export async function killWorkerMidTile(
  bundle: string,
  output: string,
  settings: RunConfigInput,
  round = 'assign',
): Promise<string> {
  const before = new Set(childrenOf(process.pid));
  let killed: number | null = null;
  const summary = await run(bundle, output, settings, {
    onProgress: (event) => {
      if (killed !== null || event.kind !== 'advance' || event.step !== round) return;
      // A worker has its next tile before the last one is stored, so that shares of tiles do not tell.
      if (committed(runDirectoryFor(output), round) === 0) return;
      const worker = childrenOf(process.pid).find((pid) => !before.has(pid))!;
      killed = worker;
      process.kill(worker, 'SIGSTOP');
      setTimeout(() => process.kill(worker, 'SIGKILL'), HOLD_MS);
    },
  });
  expect(killed).not.toBeNull();
  const lost = await events(output, 'worker-lost');
  expect(lost).toMatchObject([{ round, reason: 'signal SIGKILL' }]);
  const again = (await events(output, 'task')).filter(({ attempt }) => attempt === 2);
  expect(again).toMatchObject([{ round }]);
  return summary.digest;
}

/** Whether a tile computed again equals what is stored. */
export async function recompute(
  runDirectory: string,
  tile: string,
  round: string,
  sources: { bundle?: string; image?: string } = {},
): Promise<boolean | null> {
  return (await recomputeTile({ runDirectory, tile, round, ...sources })).equal;
}
