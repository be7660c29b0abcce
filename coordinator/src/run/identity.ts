import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { InputFile } from '@spatile/formats/bundle/slide';
import { withPaths } from '@spatile/formats/config/paths';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { digestOfStore } from '@spatile/formats/spatialdata/store';
import { VERSION } from '../version.ts';
import { digestFile } from './digest-file.ts';

/** What makes two runs the same run: equal identities give equal bytes. Stored as `run.json`. */
export interface RunIdentity {
  spatile: string;
  /** Resolved configuration; files by their names alone (their contents are among the inputs). */
  config: RunConfig;
  /** Unit in which the selection was read, and the pixel size it went by; null without a selection. */
  crop: { unit: 'um' | 'px'; pixelSizeUm: number | null } | null;
  inputs: { role: string; name: string; sizeBytes: number; sha256: string }[];
}

/**
 * The identity of a run. @param inputs files, or folders of which all files count. @param digest gives the SHA-256 of a file.
 * Errors: `INPUT_UNREADABLE`.
 */
export async function runIdentity(
  config: RunConfig,
  inputs: InputFile[],
  crop: RunIdentity['crop'],
  digest: (path: string) => Promise<string> = digestFile,
): Promise<RunIdentity> {
  const digested = [];
  for (const { role, path, name, sizeBytes } of inputs)
    digested.push({ role, name, sizeBytes, sha256: await digestInput(path, name, digest) });
  digested.sort((a, b) =>
    a.role < b.role ? -1 : a.role > b.role ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  return { spatile: VERSION, config: withoutPaths(config), crop, inputs: digested };
}

/** Where a file lies says nothing about the result. */
const withoutPaths = (config: RunConfig): RunConfig => withPaths(config, (path) => basename(path));

/** The first thing in which two identities differ, for people; null when they are equal. */
export function identityDifference(stored: RunIdentity, now: RunIdentity): string | null {
  if (stored.spatile !== now.spatile) return `version ${stored.spatile} then, ${now.spatile} now`;
  if (JSON.stringify(stored.config) !== JSON.stringify(now.config))
    return `configuration (${firstDifference(stored.config, now.config, '')})`;
  if (JSON.stringify(stored.crop) !== JSON.stringify(now.crop)) return 'the unit of the selection';
  const before = new Map(stored.inputs.map((input) => [`${input.role} ${input.name}`, input.sha256]));
  for (const input of now.inputs)
    if (before.get(`${input.role} ${input.name}`) !== input.sha256) return `input ${input.name}`;
  return before.size === now.inputs.length ? null : 'the set of input files';
}

function firstDifference(a: unknown, b: unknown, path: string): string {
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
    for (const key of Object.keys({ ...left, ...right })) {
      if (JSON.stringify(left[key]) !== JSON.stringify(right[key]))
        return firstDifference(left[key], right[key], path === '' ? key : `${path}.${key}`);
    }
  }
  return `${path}: ${JSON.stringify(a)} then, ${JSON.stringify(b)} now`;
}

async function digestInput(
  path: string,
  name: string,
  digest: (path: string) => Promise<string>,
): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? await digestOfStore(path) : await digest(path);
  } catch (cause) {
    throw new SpatileError(
      'INPUT_UNREADABLE',
      `${name}: cannot be read (${(cause as NodeJS.ErrnoException).code}); check its permissions`,
      { cause },
    );
  }
}
