import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';

/**
 * A path that a submitter names, as it really is. Links are followed before it is judged, so that none leads out of the
 * folders that are served. Errors: `USAGE` for anything outside of them.
 * @param roots absolute, links followed.
 */
export async function servedPath(path: string, roots: readonly string[]): Promise<string> {
  const real = await realOf(resolve(roots[0], path));
  if (roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)))
    return real;
  throw new SpatileError(
    'USAGE',
    `${path}: not below a folder that this server serves; expected one of ${roots.join(', ')}; put it there or start the server with another --root`,
  );
}

/** The real path of what is there, and of what is to be made: the nearest parent that exists decides. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    return join(await realOf(parent), basename(path));
  }
}

/** Settings that name files; a submitter may name only what is served. */
const NAMES_FILE = /(?:file|path|folder|directory|mask)$/i;

/** The files that a configuration names, by the path of the setting. */
export function filesNamed(config: unknown, at = ''): { setting: string; file: string }[] {
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => {
    const setting = at === '' ? key : `${at}.${key}`;
    if (typeof value === 'string') return NAMES_FILE.test(key) ? [{ setting, file: value }] : [];
    return filesNamed(value, setting);
  });
}
