import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Layers of corrected counts of a SpatialData result, sorted by name; none when it is of another kind. */
export async function correctedLayers(path: string): Promise<string[]> {
  const names = await readdir(join(path, 'tables', 'table', 'layers')).catch(() => []);
  return names.filter((name) => /_(corrected|reassigned)$/.test(name)).sort();
}
