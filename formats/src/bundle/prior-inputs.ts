import { basename, dirname, join } from 'node:path';
import { inputFile, namesIn } from './listing.ts';
import type { InputFile, PriorSource } from './slide.ts';

/**
 * The files behind the priors of a bundle, from their origins: a file name, or one with `*` for a set of files
 * (`cell_boundaries/z*_polygons.csv`), packed or not.
 */
export async function priorInputs(dir: string, priors: readonly PriorSource[]): Promise<InputFile[]> {
  const inputs: InputFile[] = [];
  for (const { origin } of priors) {
    const folder = dirname(origin);
    const pattern = basename(origin)
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*');
    const names = (await namesIn(join(dir, folder))).filter((name) =>
      new RegExp(`^${pattern}(\\.gz)?$`).test(name),
    );
    for (const name of names)
      inputs.push(await inputFile(dir, 'prior', folder === '.' ? name : `${folder}/${name}`));
  }
  return inputs;
}
