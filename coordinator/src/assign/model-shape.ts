import type { RunConfig } from '@spatile/formats/config/schema';
import type { ModelFrame } from '@spatile/formats/tile/proseg';

/** The sizes of the model before its frame (z plane, density cuts) is known: what memory estimates need. */
export function modelShape(genes: number, hasZ: boolean, config: RunConfig['assign']['proseg']): ModelFrame {
  const privateGenes = Math.min(genes, config.privateGenes);
  return {
    genes,
    privateGenes,
    factors: genes > privateGenes ? config.factors : 0,
    components: config.components,
    layers: hasZ ? config.layers : 1,
    densityBins: config.densityBins,
    voxelUm: config.voxelUm,
    coarseFactor: config.coarseFactor,
    z: { plane: [0, 0, 0], xRefUm: 0, yRefUm: 0, lowUm: 0, highUm: hasZ ? 1 : 0 },
    densityCuts: [],
  };
}
