import { isSpatileError } from '@spatile/formats/errors';
import { pino } from 'pino';
import { parseOptions } from './options.ts';
import { serveCluster } from './serve.ts';

/** The process behind `spatile worker`: its options come as one JSON argument. A second signal ends it at once. */
const options = parseOptions(process.argv[2]);
const log = pino(
  { base: { worker: options.name }, timestamp: pino.stdTimeFunctions.isoTime },
  pino.destination({ fd: 2, sync: true }),
);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(75);
    log.info({ signal }, 'leaving');
    stop.abort();
  });
}

try {
  process.exit(await serveCluster(options, log, stop.signal));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(isSpatileError(error) ? 6 : 70);
}
