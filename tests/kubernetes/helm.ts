import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './schema.ts';

/** SPATILE_HELM names the program where it is not on the path; `tests/kubernetes/get-helm.sh` fetches it. */
const HELM = process.env.SPATILE_HELM || 'helm';

export const CHART = fileURLToPath(new URL('../../charts/spatile', import.meta.url));

export const hasHelm = spawnSync(HELM, ['version']).status === 0;
if (!hasHelm)
  console.warn(
    'tests of the rendered chart are skipped: no helm (export SPATILE_HELM=$(bash tests/kubernetes/get-helm.sh))',
  );

/** Runs Helm. @returns what it printed, and whether it was content. */
export function helm(...words: string[]): { ok: boolean; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(HELM, words, { encoding: 'utf8' });
  return { ok: status === 0, out: stdout, err: stderr };
}

/** The objects that the chart gives with these arguments, on a cluster that has KEDA and the Prometheus operator. */
export function rendered(...words: string[]): KubernetesObject[] {
  const { ok, out, err } = helm(
    ...['template', 'lab', CHART, '--namespace', 'cells'],
    ...['--api-versions', 'keda.sh/v1alpha1', '--api-versions', 'monitoring.coreos.com/v1'],
    ...words,
  );
  if (!ok) throw new Error(err);
  return parseAllDocuments(out)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}
