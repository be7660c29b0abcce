import { SpatileError } from '@spatile/formats/errors';

/** The stream that holds the tasks of all runs. */
export const TASK_STREAM = 'SPATILE_TASKS';
/** All subjects of that stream. */
export const TASK_SUBJECTS = 'spatile.task.>';
/** Kinds of workers: a worker serves one. */
export const WORKER_CLASSES = ['cpu', 'cpu-big', 'gpu'] as const;

export type WorkerClass = (typeof WORKER_CLASSES)[number];

/** Runs are called so on the wire: subjects, consumers and tokens are made of it. */
const RUN_ID = /^[a-z0-9-]{1,40}$/;

/** Errors: `CLUSTER` for a name that would be another subject or consumer than it seems. */
export function checkRunId(run: string): string {
  if (RUN_ID.test(run)) return run;
  throw new SpatileError(
    'CLUSTER',
    `run ${JSON.stringify(run.slice(0, 60))}: not the name of a run; expected 1 to 40 of a-z, 0-9 and -; take it from spatile list`,
  );
}

/** Where the tasks of one run and class are published. */
export const taskSubject = (run: string, workers: WorkerClass): string => `spatile.task.${run}.${workers}`;
/** Everything of one run, for purging. */
export const runSubjects = (run: string): string => `spatile.task.${run}.>`;
/** The durable consumer from which the workers of one class pull the tasks of one run. */
export const consumerName = (run: string, workers: WorkerClass): string => `${run}_${workers}`;
/** The class of workers that a consumer feeds, and its run; null for a consumer of something else. */
export function consumerParts(name: string): { run: string; workers: WorkerClass } | null {
  const cut = name.lastIndexOf('_');
  const workers = WORKER_CLASSES.find((known) => known === name.slice(cut + 1));
  return cut > 0 && workers !== undefined && RUN_ID.test(name.slice(0, cut))
    ? { run: name.slice(0, cut), workers }
    : null;
}
