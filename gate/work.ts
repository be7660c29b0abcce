import type { RunWork } from '@spatile/coordinator/run/work';
import { addWork, type Work } from '@spatile/formats/tile/work';

/**
 * The work of a run as flat counts: kernel operations and bytes to and from workers over all steps, bytes of every folder of
 * the run directory, bytes of the output; pages of memory as the most of any.
 */
export function flatWork({ steps, storage, outputBytes }: RunWork): Work {
  let out: Work = { outputBytes };
  for (const step of Object.values(steps)) out = addWork(out, step);
  for (const [folder, { bytesRead, bytesWritten, filesRead, filesWritten }] of Object.entries(
    storage ?? {},
  )) {
    out = addWork(out, {
      [`${folder}/bytesRead`]: bytesRead,
      [`${folder}/bytesWritten`]: bytesWritten,
      [`${folder}/files`]: filesRead + filesWritten,
    });
  }
  return out;
}

/** Several runs as one, without the counts that are 0 in all of them, by name. */
export function totalWork(runs: readonly Work[]): Record<string, number> {
  const total = runs.reduce(addWork, {});
  return Object.fromEntries(
    Object.entries(total)
      .filter(([, n]) => n > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
