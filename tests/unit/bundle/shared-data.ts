import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

/** Whether the shared data sets are there; tests skip without them. */
export const hasSharedData = existsSync(root);

export const skipNote = hasSharedData ? '' : ' (skipped: ../shared/data is absent)';

/** Path of a file or folder of the shared data. */
export function shared(name: string): string {
  return root + name;
}
