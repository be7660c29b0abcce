import type { NucleusSettings } from '@spatile/formats/tile/geometric';
import type { Handler } from '../../handler.ts';
import { geometricResult, labelAt } from '../geometric-result.ts';
import { labelPrior } from '../label-prior.ts';
import { tileOf } from '../tile.ts';

/**
 * Nucleus-only assignment of one tile: a transcript belongs to the nucleus it lies in, z ignored.
 *
 * By `outline`, it is the cell whose shape holds the centre of the transcript's pixel (half-open pixels); a cell without nucleus
 * ring stands in with its cell ring, and a cell without any ring takes its flagged transcripts. By `flag`, it is the prior id
 * of the transcript where the instrument says nuclear (every prior id when no transcript of the slide is flagged).
 *
 * In: assign-tile with `meta.settings: NucleusSettings`. Out: assign-result; claims of the core transcripts (controls and
 * background too), probability 1; one layer of pixels for the owned cells.
 * Halo: claims need 1 pixel; the pixels of owned cells need the longest way from a seed to the edge of its own shape, and
 * whole shapes of cells without rings their longest diameter.
 */
export const assignNucleus: Handler = async (input, context) => {
  const tile = tileOf(input);
  const settings = input.meta.settings as NucleusSettings;
  const anyNuclear = settings.anyNuclear ?? true;
  const { window, labels, sources, diagnostics } = labelPrior(tile, settings);
  context.progress(0.5);
  context.count({ pixelsLabelled: labels.length });
  for (let i = 0; i < labels.length; i++) if (labels[i] < 0) labels[i] = -labels[i];

  const { cell } = tile.cells;
  const { x, y, prior, nuclear } = tile.transcripts;
  const ringless = new Set([...cell].filter((_, c) => sources[c] === 'transcripts'));
  const flagged = (i: number): number => (anyNuclear && nuclear[i] !== 1 ? 0 : prior[i]);
  const outlined = (i: number): number => {
    const own = flagged(i);
    if (ringless.has(own)) return own;
    const label = labelAt(labels, window, x[i], y[i]);
    return label > 0 && sources[label - 1] !== 'transcripts' ? cell[label - 1] : 0;
  };
  const verdict = settings.by === 'flag' ? flagged : outlined;
  return geometricResult(tile, 'nucleus', window, labels, verdict, diagnostics);
};
