import { readSample, vectorsFrame } from '@spatile/formats/tile/celladmix';
import { RandomStream } from '@spatile/random/stream';
import { bindCelladmix } from '../../../kernels/bind-celladmix.ts';
import type { Handler } from '../../handler.ts';
import { findNeighbours, largestOf, neighbourArrays, startsOf } from './cells.ts';

/**
 * Neighbourhoods of sampled molecules: of each, genes of the molecule and of its h - 1 nearest in the same cell, counted
 * (Mitchel et al., bioRxiv 2025.01.02.631135). Cells of fewer than h molecules give none.
 */
export const sampleVectors: Handler = async (frame) => {
  const { cells, row, take, settings } = readSample(frame);
  const near = settings.neighbours - 1;
  const bound = await bindCelladmix();
  const room = bound.lay(neighbourArrays(largestOf(cells.length), near));
  const start = startsOf(cells.length);
  const length: number[] = [];
  const gene: number[] = [];
  const count: number[] = [];
  for (let c = 0; c < row.length; c++) {
    const n = cells.length[c];
    if (n <= near || take[c] === 0) continue;
    findNeighbours(bound, room, cells, start[c], start[c + 1], near);
    for (const i of drawn(
      n,
      take[c],
      new RandomStream(settings.seed, 'correct.celladmix.molecules', row[c]),
    )) {
      const genes = [cells.gene[start[c] + i]];
      for (let a = 0; a < near; a++) genes.push(cells.gene[start[c] + room.view.near[i * near + a]]);
      genes.sort((a, b) => a - b);
      const entries = gene.length;
      for (let a = 0, end = 0; a < genes.length; a = end) {
        while (end < genes.length && genes[end] === genes[a]) end++;
        gene.push(genes[a]);
        count.push(end - a);
      }
      length.push(gene.length - entries);
    }
  }
  return vectorsFrame({
    length: Uint32Array.from(length),
    gene: Uint32Array.from(gene),
    count: Uint32Array.from(count),
  });
};

/** Some of n numbers, each once, ascending. */
function drawn(n: number, some: number, stream: RandomStream): number[] {
  const all = stream.shuffle(Array.from({ length: n }, (_, i) => i));
  return all.slice(0, some).sort((a, b) => a - b);
}
