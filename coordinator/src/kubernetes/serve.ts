import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkRunId } from '@spatile/proto/names';
import type { ProgressEvent } from '../api.ts';
import { NAME_FILE } from '../cluster/open.ts';
import { runDirectoryFor } from '../run/directory.ts';
import type { Runs } from '../serve/runs.ts';
import { openJobsApi } from './jobs-api.ts';
import { RunWorkers } from './run-workers.ts';
import { readKubernetes } from './settings.ts';

/** Rounds that work on images. */
const IMAGES = /^segment/;

/**
 * Gives the runs of a server workers on Kubernetes as long as they go on. Errors: `CONFIG_UNREADABLE`, `CONFIG_INVALID`,
 * `CLUSTER` when there is no Kubernetes to speak to.
 * @param file settings; see `formats/src/config/kubernetes.ts`.
 */
export async function openWorkers(
  file: string,
  env: NodeJS.ProcessEnv,
  runs: Runs,
  warn: (text: string) => void,
): Promise<RunWorkers> {
  const config = await readKubernetes(file);
  const workers = new RunWorkers({
    config,
    api: await openJobsApi(config.namespace),
    owner: ownPod(env),
    mayBegin: (id) => runs.isOpen(id),
    warn,
  });
  runs.on('progress', (id, event) => void begins(workers, runs, id, event, warn));
  runs.on('changed', (id) => {
    if (!runs.isOpen(id)) workers.ended(id);
  });
  return workers;
}

/** Never rejects. */
async function begins(
  workers: RunWorkers,
  runs: Runs,
  id: string,
  event: ProgressEvent,
  warn: (text: string) => void,
): Promise<void> {
  if (event.kind !== 'step' || event.unit !== 'tiles' || event.total === null || event.total === 0) return;
  try {
    const { output = '' } = runs.get(id);
    const text = await readFile(join(runDirectoryFor(output), NAME_FILE), 'utf8');
    const asked = await runs.workersOf(id);
    // It may have ended in the meantime.
    if (runs.isOpen(id))
      workers.round(
        { id, name: checkRunId(String(JSON.parse(text).run)), ...asked },
        event.total,
        IMAGES.test(event.step),
      );
  } catch (error) {
    warn(`run ${id}: it gets no workers (${error instanceof Error ? error.message : error})`);
  }
}

/** The pod of this server, by what the chart tells it of itself; null elsewhere. */
function ownPod({ POD_NAME, POD_UID }: NodeJS.ProcessEnv) {
  return POD_NAME && POD_UID ? { apiVersion: 'v1', kind: 'Pod', name: POD_NAME, uid: POD_UID } : null;
}
