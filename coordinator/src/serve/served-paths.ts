import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { PATH_SETTINGS, pathsNamed, withPaths } from '@spatile/formats/config/paths';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';

/**
 * A path that a submitter names, as it really is. Links are followed before it is judged, so that none leads out of the
 * folders that are served. Errors: `USAGE` for anything outside of them, and for what cannot be looked up.
 * @param roots absolute, links followed.
 * @param from where a relative path starts.
 */
export async function servedPath(path: string, roots: readonly string[], from = roots[0]): Promise<string> {
  const real = await realOf(resolve(from, path)).catch((cause: NodeJS.ErrnoException) => {
    throw new SpatileError(
      'USAGE',
      `${path}: cannot be looked up (${cause.code ?? cause.message}); expected a path below a folder that this server serves; correct it`,
      { cause },
    );
  });
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
    // A link to nothing: what is made through it would lie where it leads.
    if (await lstat(path).catch(() => null)) throw error;
    return join(await realOf(parent), basename(path));
  }
}

/**
 * A configuration whose files all are served ones, each by its real path, so that a run opens what was judged.
 * A network without a separator in its name is one that is installed on the server. Errors: `USAGE` as `servedPath`.
 * @param bundle real path.
 */
export async function servedConfig(
  config: RunConfig,
  bundle: string,
  roots: readonly string[],
): Promise<RunConfig> {
  const real = new Map<string, string>();
  for (const { setting, path } of pathsNamed(config)) {
    const kind = PATH_SETTINGS[setting];
    if (kind === 'model' && isName(path)) real.set(setting, path);
    else real.set(setting, await servedPath(path, roots, kind === 'inBundle' ? bundle : undefined));
  }
  return withPaths(config, (path, setting) => real.get(setting) ?? path);
}

const isName = (model: string): boolean => !/[\\/]/.test(model) && model !== '.' && model !== '..';
