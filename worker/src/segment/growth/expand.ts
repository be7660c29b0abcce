import { growLabels } from '../../raster/distance.ts';
import type { Instances } from '../method.ts';

/**
 * Grows every instance into the background up to a distance in pixels, centre to centre: the nearest instance wins, ties go to
 * the lower label. `closed`: pixels (1) that nobody may take. Scores stay. Exact: independent of what lies farther away than
 * twice the distance.
 */
export function expandLabels(instances: Instances, distancePx: number, closed?: Uint8Array): Instances {
  const { labels, rows, columns } = instances;
  const grown = growLabels(labels, columns, rows, Math.floor(distancePx * distancePx));
  if (closed !== undefined) for (let i = 0; i < grown.length; i++) if (closed[i] === 1) grown[i] = labels[i];
  return { ...instances, labels: grown };
}
