import { type BaysorSettings, baysorModelFrom } from '@spatile/formats/tile/baysor';
import type { Handler } from '../../handler.ts';
import { tileOf } from '../tile.ts';
import { iterate } from './iterate.ts';
import { moleculesOf } from './molecules.ts';
import { nameComponents } from './name-cells.ts';
import { paintCells } from './paint.ts';
import { prepareMixture } from './prepare.ts';
import { baysorResult } from './result.ts';

/**
 * Segmentation of one tile by a mixture of cells, each a normal in space times a composition of genes, with noise, a Markov field
 * over neighbouring molecules and a prior segmentation that is trusted as far as told (Petukhov et al., "Cell segmentation in
 * imaging-based spatial transcriptomics", Nat Biotechnol 40:345, 2022).
 *
 * In: assign-tile with `meta.settings`, `meta.model`, `meta.bandUm` and table `lnProfile` (`formats/src/tile/baysor.ts`). Out:
 * assign-result in parts, with a piece of what was discovered; cells that no prior knows are called `DISCOVERED` plus their index there.
 */
export const assignBaysor: Handler = async (input, context) => {
  const tile = tileOf(input);
  const settings = input.meta.settings as BaysorSettings;
  const model = baysorModelFrom(input);
  const molecules = moleculesOf(tile, settings);
  const { genes, seed } = tile.meta;
  const place = { priorCells: tile.cells.cell.length, genes, seed };
  const { mixture, confidence, start } = prepareMixture(molecules, settings, model, place);
  context.progress(0.1);
  const fates = iterate(mixture, settings.iterations, (done) => context.progress(0.1 + 0.8 * done));
  const names = nameComponents(tile, mixture, start.priorOf, fates.label);
  const ground = paintCells(tile, mixture, fates.label);
  context.count({
    densityTerms: fates.terms,
    moleculesPlaced: molecules.n,
    pixelsGrown: ground.labels.length,
  });
  let real = 0;
  for (const c of confidence) real += c;
  const diagnostics = {
    ...fates.diagnostics,
    discovered: names.discovered.seedX.length,
    meanConfidence: molecules.n === 0 ? 0 : real / molecules.n,
  };
  return baysorResult(tile, mixture, fates, names, ground, diagnostics, input.meta.bandUm as number);
};
