import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SpatileError } from '../errors.ts';
import { openFailed } from '../tabular/open-failed.ts';
import type { Finding, InputFile } from './slide.ts';

/** What lies in a bundle's folder: names and sizes, no content. */
export interface Listing {
  path: string;
  files: { name: string; sizeBytes: number }[];
  folders: string[];
  findings: Finding[];
}

/**
 * Lists a folder in name order, without the litter of copying (`._*`, `.DS_Store`); empty files are reported.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `INPUT_EMPTY`.
 */
export async function listFolder(path: string): Promise<Listing> {
  const names = await namesIn(path);
  if (names.length === 0) {
    throw new SpatileError(
      'INPUT_EMPTY',
      `${path}: the folder is empty (0 files); expected the output folder of an instrument; check the path`,
      {
        fields: { file: path },
      },
    );
  }
  const listing: Listing = { path, files: [], folders: [], findings: [] };
  for (const name of names) {
    // A dangling link is as good as absent.
    const found = await stat(join(path, name)).catch(() => null);
    if (found?.isDirectory()) listing.folders.push(name);
    if (!found?.isFile()) continue;
    listing.files.push({ name, sizeBytes: found.size });
    if (found.size === 0) {
      listing.findings.push({
        level: 'warning',
        code: 'FILE_EMPTY',
        message: `${name} is empty (0 bytes), usually a broken copy`,
      });
    }
  }
  return listing;
}

/** Names in a folder in code-unit order, without litter. */
export async function namesIn(path: string): Promise<string[]> {
  const names = await readdir(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  return names.filter((name) => !name.startsWith('._') && name !== '.DS_Store').sort();
}

export function hasFile(listing: Listing, name: string): boolean {
  return listing.files.some((file) => file.name === name);
}

/** The first of `names` that is a file of the folder; null when none is. */
export function firstFile(listing: Listing, names: readonly string[]): string | null {
  return names.find((name) => hasFile(listing, name)) ?? null;
}

/** The record of one used file; `name` may lie in a sub-folder and has forward slashes. */
export async function inputFile(dir: string, role: string, name: string): Promise<InputFile> {
  const path = join(dir, name);
  const { size } = await stat(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  return { role, path, name, sizeBytes: size };
}
