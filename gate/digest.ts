import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** SHA-256 (hex) over all files of folders: names relative to each, sorted, with their contents. */
export function digestOfFolders(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
      .sort();
    for (const name of files) {
      const content = createHash('sha256').update(readFileSync(folder + name));
      hash.update(`${content.digest('hex')}  ${name}\n`);
    }
  }
  return hash.digest('hex');
}
