import { serveCluster } from '@spatile/worker/cluster/serve';
import { pino } from 'pino';
import { Sleeper } from './sleeper.ts';

/** A worker in simulation computes for as long as it sleeps; nothing limits its memory. */
const MEMORY_BYTES = 2 ** 31;

/**
 * Many workers in one process, each with its own connections to broker and coordinator: real ones, but that they sleep instead
 * of computing.
 * @param first number of the first. @returns ends them; gives how many ended badly.
 */
export function startCrowd(nats: string, count: number, first: number): () => Promise<number> {
  const log = pino({ level: 'error' }, pino.destination(2));
  const nobody = { natsCredentials: null, ca: null, cert: null, key: null, token: null, run: null };
  const stops: AbortController[] = [];
  const workers = Array.from({ length: count }, (_, i) => {
    const stop = new AbortController();
    stops.push(stop);
    const limits = { memoryBytes: MEMORY_BYTES, idleExitMs: null, graceMs: 0 };
    const options = { ...nobody, ...limits, nats, workers: 'cpu' as const, name: `s${first + i}` };
    return serveCluster(options, log, stop.signal, new Sleeper());
  });
  return async () => {
    for (const stop of stops) stop.abort();
    return (await Promise.allSettled(workers)).filter(({ status }) => status === 'rejected').length;
  };
}
