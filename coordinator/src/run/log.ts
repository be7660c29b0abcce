import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import pino, { type Logger } from 'pino';

export type RunLog = Logger;

/** The run's own log, `spatile.log` in the run directory (one JSON object per line); every line has the facts of `base`. */
export function openLog(
  path: string,
  base: Record<string, string> | null = null,
): { log: RunLog; close: () => void } {
  mkdirSync(dirname(path), { recursive: true });
  const destination = pino.destination({ dest: path, sync: true, append: true });
  return {
    log: pino({ base, timestamp: pino.stdTimeFunctions.isoTime }, destination),
    close: () => destination.end(),
  };
}
