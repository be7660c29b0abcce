import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readSecurity } from '@spatile/proto/security';
import type { Tracer } from '@spatile/proto/tracing';
import type { ClusterRunOptions } from '../api.ts';
import type { PoolEvent, TaskPool } from '../dispatch/task-pool.ts';
import type { RunLog } from '../run/log.ts';
import type { RunStore } from '../run/store.ts';
import { CLUSTER_SLOTS, ClusterPool } from './pool.ts';

/** File of the run directory that holds the name under which a cluster knows the run. */
export const NAME_FILE = 'cluster.json';
/** Letters of the output's name that a run is called after. */
const NAME_LETTERS = 24;

/**
 * Makes a run ready for a cluster: reads the files of its security and finds its name, which stays the same when it is
 * resumed. Errors: `CLUSTER` for files that cannot be used.
 */
export async function openCluster(
  options: ClusterRunOptions,
  store: RunStore,
  tracer: Tracer,
): Promise<{
  run: string;
  slots: number;
  open: (log: RunLog, listener: (event: PoolEvent) => void) => TaskPool;
}> {
  const security = await readSecurity(options.security);
  const natsCredentials = options.natsCredentials === null ? null : await readFile(options.natsCredentials);
  const run = await runName(store);
  return {
    run,
    slots: CLUSTER_SLOTS,
    open: (log, listener) =>
      new ClusterPool(run, { ...options, security, natsCredentials, tracer }, log, listener),
  };
}

/** Two runs on one broker must never share a name; nothing of a result depends on it. */
async function runName(store: RunStore): Promise<string> {
  if (!(await store.has(NAME_FILE))) {
    const slug = basename(store.directory)
      .replace(/\.run$/, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, NAME_LETTERS);
    await store.putJson(NAME_FILE, { run: `${slug || 'run'}-${randomBytes(4).toString('hex')}` });
  }
  return (await store.readJson<{ run: string }>(NAME_FILE)).run;
}
