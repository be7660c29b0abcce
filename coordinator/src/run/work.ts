import { addWork, type Work } from '@spatile/formats/tile/work';
import type { RunLogEvent } from './events.ts';
import type { RunStore, Traffic } from './store.ts';

/**
 * Counted work of a whole run: the same on every machine and for every number of workers, part of nothing that identifies a
 * result. `docs/output.md` lists the kinds.
 */
export interface RunWork {
  /** By step (`assign-fit`, `assign`, `assign-settle`, ...; `stepOf`): number of tasks, and what they took together. */
  steps: Record<string, Work>;
  /**
   * Files and bytes of the run directory by folder, without what threads read to encode columns early; null for a resumed run, which
   * reads again what it wrote before.
   */
  storage: Record<string, Traffic> | null;
  /** Bytes of the files of the Zarr. */
  outputBytes: number;
}

/** Rounds of one kind are one step: `assign-fit-012` and `assign-border-3` lose their number. */
export const stepOf = (round: string): string => round.replace(/-\d+$/, '');

/** Sums what the tasks of a run took; of a task computed more than once, one counts. */
export function workOfTasks(events: readonly RunLogEvent[]): Record<string, Work> {
  const seen = new Set<string>();
  const steps: Record<string, Work> = {};
  for (const event of events) {
    if (event.type !== 'task' || seen.has(`${event.round}/${event.tile}`)) continue;
    seen.add(`${event.round}/${event.tile}`);
    const step = stepOf(event.round);
    steps[step] = addWork(steps[step] ?? {}, { tasks: 1, ...event.work });
  }
  return Object.fromEntries(Object.entries(steps).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Everything a finished run counted. */
export function runWork(store: RunStore, events: readonly RunLogEvent[], outputBytes: number): RunWork {
  const resumed = events.some(({ type }) => type === 'resumed');
  return { steps: workOfTasks(events), storage: resumed ? null : store.traffic(), outputBytes };
}
