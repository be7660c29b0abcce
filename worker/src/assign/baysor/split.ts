import type { Mixture } from './mixture.ts';

/**
 * Keeps of every component its largest part that hangs together over passable edges (of equal ones the first in order); the
 * molecules of its other parts become noise. Returns how many did.
 */
export function keepLargestParts(
  { graph, passable, components }: Pick<Mixture, 'graph' | 'passable' | 'components'>,
  label: Int32Array,
): number {
  const n = label.length;
  const part = new Int32Array(n).fill(-1);
  const sizes: number[] = [];
  const best = new Int32Array(components + 1).fill(-1);
  const queue = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const c = label[i];
    if (c === 0 || part[i] >= 0) continue;
    const id = sizes.length;
    let tail = 0;
    queue[tail++] = i;
    part[i] = id;
    for (let head = 0; head < tail; head++) {
      const at = queue[head];
      for (let e = graph.start[at]; e < passable[at]; e++) {
        const j = graph.neighbour[e];
        if (label[j] !== c || part[j] >= 0) continue;
        part[j] = id;
        queue[tail++] = j;
      }
    }
    sizes.push(tail);
    if (best[c] < 0 || tail > sizes[best[c]]) best[c] = id;
  }
  let lost = 0;
  for (let i = 0; i < n; i++) {
    if (label[i] === 0 || part[i] === best[label[i]]) continue;
    label[i] = 0;
    lost++;
  }
  return lost;
}
