import type { ProsegModel } from '@spatile/coordinator/assign/proseg/model';
import { buildModelFrame } from '@spatile/coordinator/assign/proseg/model-frame';
import { defaultConfig, type ProsegConfig } from '@spatile/formats/config/schema';
import type { ProsegGlobals } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { driveFit, geneTotals } from './drive-fit.ts';
import { type ModelSlide, modelTile, simulateFromModel } from './model-simulator.ts';
import { contrastingGlobals } from './model-statistics.ts';

export interface Simulated {
  slide: ModelSlide;
  truth: ProsegGlobals;
  config: ProsegConfig;
}

/**
 * A slide with 4 types and its configuration; `dense`: touching cells with nuclei off their middle (where cells end cannot be told
 * from nuclei) and displacement; else apart, without.
 */
export function simulate(dense: boolean): Simulated {
  const config = {
    ...defaultConfig().assign.proseg,
    components: 4,
    privateGenes: 20,
    factors: 3,
    diffusion: dense,
    layers: dense ? 4 : 1,
    densityBins: dense ? 5 : 1,
  };
  const frame = {
    ...buildModelFrame({ genes: 30, hasZ: false, zSample: { x: [], y: [], z: [] } }, config),
    densityBins: 1,
  };
  const options = dense
    ? { density: 0.7, background: 0.05, contrast: 1.2 }
    : { density: 2, background: 0.1, contrast: 1 };
  const truth = contrastingGlobals(frame, new RandomStream(4, 'globals'), options);
  const slide = simulateFromModel({
    seed: 2,
    sizeUm: dense ? 144 : 240,
    spacingUm: dense ? 11 : 20,
    frame,
    globals: truth,
    offCentre: dense ? 0.5 : 0,
    farShare: dense ? 0.2 : 0,
    sdNearUm: dense ? 1 : 0,
    sdFarUm: 4,
  });
  return { slide, truth, config };
}

/** Fits the model on the whole slide as one pilot. */
export function fitWhole({ slide, config }: Simulated, seed: number): Promise<ProsegModel> {
  const tile = modelTile(slide, 't0000', slide.extent, 0, seed);
  const totals = geneTotals([tile], slide.genes);
  const frame = buildModelFrame({ genes: slide.genes, hasZ: config.layers > 1, zSample: slide }, config);
  return driveFit({ frame, config, seed, geneTotals: totals, pilotTotals: totals }, [tile]);
}
