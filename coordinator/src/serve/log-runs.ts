import pino, { type Logger } from 'pino';
import type { Runs } from './runs.ts';

/** The server's own log: one JSON object per line on standard error, with the run, and the tile where there is one. */
export function serverLog(): Logger {
  const destination = pino.destination({ fd: 2, sync: true });
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Logs what becomes of runs, under which name the cluster knows them, and tries at tiles that came to nothing. */
export function logRuns(runs: Runs, log: Logger): void {
  const states = new Map<string, unknown>();
  runs.on('changed', (run) => {
    const { state, error, errorCode } = runs.get(run);
    if (states.get(run) === state) return;
    if (runs.ended(run)) states.delete(run);
    else states.set(run, state);
    if (state === 'FAILED') log.error({ run, state, error, errorCode }, 'run failed');
    else log.info({ run, state }, 'run');
  });
  runs.on('task', (run, event) => {
    if (event.kind === 'cluster') log.info({ run, cluster: event.run, address: event.address }, 'cluster');
    if (event.kind !== 'task' || event.state === 'running' || event.state === 'done') return;
    const { round, task, worker, error } = event;
    log.warn({ run, round, tile: task, worker, error }, event.state);
  });
}
