import { labelsFrame, NO_FACTOR, readLabelInput } from '@spatile/formats/tile/celladmix';
import { bindCelladmix } from '../../../kernels/bind-celladmix.ts';
import type { Handler } from '../../handler.ts';
import { findNeighbours, largestOf, neighbourArrays, startsOf } from './cells.ts';

/** Labels end when none changed in so many sweeps (Mitchel et al.). */
const PATIENCE = 5;
/** Bytes of messages of one cell, at most. */
const MOST_BYTES = 2 ** 30;
/** Potential of the labels that only fill up a vector. */
const NEVER = -1e30;

/**
 * Labels the molecules of each cell of a block with factors: a Markov random field over the graph of nearest molecules of the
 * same cell (Mitchel et al., bioRxiv 2025.01.02.631135). Cells of fewer than `fewest` molecules get no labels, and neither do
 * cells of so many (some 100,000) that their messages would fill a gigabyte.
 */
export const labelCells: Handler = async (frame, context) => {
  const { cells, potentials, settings } = readLabelInput(frame);
  const { factors, neighbours, bond, sweeps, fewest } = settings;
  const k = Math.ceil(factors / 4) * 4;
  const genes = potentials.length / factors;
  const fullest = Math.floor(MOST_BYTES / (4 * 4 * neighbours * k));
  const hasLabels = (n: number): boolean => n >= Math.max(1, fewest) && n <= fullest;
  const most = largestOf(cells.length.filter(hasLabels));
  const bound = await bindCelladmix();
  const { kernel } = bound;
  const room = bound.lay({
    ...neighbourArrays(most, neighbours),
    gene: ['i32', most],
    potential: ['f32', genes * k],
    start: ['i32', most + 1],
    edge: ['i32', 2 * most * neighbours],
    reverse: ['i32', 2 * most * neighbours],
    fill: ['i32', most],
    messages: ['f32', 4 * most * neighbours * k],
    belief: ['f32', Math.max(1, most) * k],
    label: ['u8', most],
  });
  const { at, view } = room;
  for (let g = 0; g < genes; g++)
    for (let f = 0; f < k; f++) view.potential[g * k + f] = f < factors ? potentials[g * factors + f] : NEVER;
  const start = startsOf(cells.length);
  const factor = new Uint8Array(cells.gene.length).fill(NO_FACTOR);
  const counts = new Uint32Array(cells.length.length * factors);
  const work = { moleculesLabelled: 0, labelSweeps: 0 };
  for (let c = 0; c < cells.length.length; c++) {
    const n = cells.length[c];
    if (!hasLabels(n)) continue;
    const m = Math.min(neighbours, n - 1);
    findNeighbours(bound, room, cells, start[c], start[c + 1], m);
    view.gene.set(cells.gene.subarray(start[c], start[c + 1]));
    kernel.joinMolecules(n, m, at.near, at.start, at.edge, at.reverse, at.fill);
    work.labelSweeps += kernel.labelMolecules(
      n,
      k,
      at.gene,
      at.potential,
      at.start,
      at.edge,
      at.reverse,
      at.messages,
      at.belief,
      at.label,
      bond,
      sweeps,
      PATIENCE,
    );
    work.moleculesLabelled += n;
    factor.set(view.label.subarray(0, n), start[c]);
    for (let i = 0; i < n; i++) counts[c * factors + view.label[i]]++;
    if (c % 64 === 0) context.progress(c / cells.length.length);
  }
  context.count(work);
  return labelsFrame({ factor, counts });
};
