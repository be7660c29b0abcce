import { spawnSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { Workbench } from '../../workbench.ts';

/** R, and which of its packages are there. */
const RSCRIPT = process.env.SPATILE_BENCH_RSCRIPT ?? 'Rscript';
/** Folder of R packages beside R's own. */
const LIBRARY = process.env.SPATILE_BENCH_R ?? '';

const LIMIT_SECONDS = 7200;

const environment = {
  ...process.env,
  ...(LIBRARY === '' ? {} : { R_LIBS: resolve(LIBRARY) }),
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
};

/** Version of an R package; null where it or R is not there. */
export function versionOfPackage(name: string): string | null {
  const asked = `cat(as.character(packageVersion("${name}")))`;
  const { status, stdout } = spawnSync(RSCRIPT, ['-e', asked], {
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : null;
}

/** Runs a script of `bench/correct/originals` on one core. Throws when it fails. */
export async function runScript(workbench: Workbench, script: string, ...words: string[]): Promise<void> {
  const { exit, complaint } = await workbench.measure(
    {
      words: [RSCRIPT, resolve('bench/correct/originals', script), ...words],
      environment: environment as Record<string, string>,
    },
    { seconds: LIMIT_SECONDS, bytes: 0.8 * totalmem() },
  );
  if (exit !== 'done') throw new Error(`${script}: ${exit}: ${complaint}`);
}
