import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** R, and which of its packages are there. */
const RSCRIPT = process.env.SPATILE_BENCH_RSCRIPT ?? 'Rscript';
/** Folder of R packages beside R's own. */
const LIBRARY = process.env.SPATILE_BENCH_R ?? '';

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

/** Words and environment that run a script of `bench/correct/originals`. */
export const scriptCommand = (
  script: string,
  ...words: string[]
): { words: string[]; environment: Record<string, string> } => ({
  words: [RSCRIPT, resolve('bench/correct/originals', script), ...words],
  environment: environment as Record<string, string>,
});
