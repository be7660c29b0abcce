import { SpatileError } from '@spatile/formats/errors';
import {
  FIXED_POINT,
  type ModelFrame,
  type ProsegStatistics,
  VOLUME_BINS,
} from '@spatile/formats/tile/proseg';

/** Statistics summed over tiles and averaged over the recorded iterations: what one iteration of all pilots saw. */
export interface PooledStatistics {
  /** Foreground counts of factored genes by factor, (G - U) x K. */
  x: Float64Array;
  /** Background counts, G x L x D. */
  b: Float64Array;
  /** Volume of one layer of the modelled region by density bin, D. */
  areaVolume: Float64Array;
  /** Cells by component, T. */
  n: Float64Array;
  /** For each component the volumes that occur, ascending, with the number of cells of each. */
  volumes: { volume: Float64Array; cells: Float64Array }[];
  /** Latent counts, CRT tables, Polya-Gamma sums and Polya-Gamma sums times ln V, each T x K'. */
  xt: Float64Array;
  crt: Float64Array;
  omega: Float64Array;
  omegaLnV: Float64Array;
  /** Mean of ln(lambda + beta) over transcripts. */
  logLikelihood: number;
}

/** Latent width K' = U + K. */
export const latentWidth = (model: ModelFrame): number => model.privateGenes + model.factors;

/** Volume of one fine voxel, h^2 / L (depth is rescaled to 1). */
export const voxelVolume = (model: ModelFrame): number => (model.voxelUm * model.voxelUm) / model.layers;

/**
 * Sums the statistics of tiles and divides by `recorded`. Entries are integers below 2^53, so the result does not depend
 * on the order of `parts`. Errors: `RUN_CORRUPT` when an array's length does not fit the model.
 */
export function poolStatistics(
  parts: readonly ProsegStatistics[],
  model: ModelFrame,
  recorded: number,
): PooledStatistics {
  const { genes, privateGenes, factors, components, layers, densityBins } = model;
  const latent = components * latentWidth(model);
  const scale = 1 / recorded;
  const sum = (name: Exclude<keyof ProsegStatistics, BigName>, length: number): Float64Array => {
    const total = new Float64Array(length);
    for (const part of parts) {
      checkLength(name, part[name], length);
      const values = part[name];
      for (let i = 0; i < length; i++) total[i] += values[i];
    }
    return total;
  };
  const sumBig = (name: BigName, length: number): BigInt64Array => {
    const total = new BigInt64Array(length);
    for (const part of parts) {
      checkLength(name, part[name], length);
      const values = part[name];
      for (let i = 0; i < length; i++) total[i] += values[i];
    }
    return total;
  };
  const times = (values: Float64Array, factor: number): Float64Array => values.map((value) => value * factor);
  const real = (values: BigInt64Array): Float64Array =>
    Float64Array.from(values, (value) => (Number(value) / FIXED_POINT) * scale);
  const transcripts = Number(sumBig('transcripts', 1)[0]);
  return {
    x: times(sum('x', (genes - privateGenes) * factors), scale),
    b: times(sum('b', genes * layers * densityBins), scale),
    areaVolume: times(sum('a', densityBins), scale * voxelVolume(model)),
    n: times(sum('n', components), scale),
    volumes: volumesOf(sum('h', components * VOLUME_BINS), model, scale),
    xt: times(sum('xt', latent), scale),
    crt: times(sum('crt', latent), scale),
    omega: real(sumBig('omega', latent)),
    omegaLnV: real(sumBig('omegaLnV', latent)),
    logLikelihood: transcripts === 0 ? 0 : Number(sumBig('logLikelihood', 1)[0]) / FIXED_POINT / transcripts,
  };
}

type BigName = 'omega' | 'omegaLnV' | 'logLikelihood' | 'transcripts';

function checkLength(name: string, values: { length: number } | undefined, length: number): void {
  if (values?.length === length) return;
  throw new SpatileError(
    'RUN_CORRUPT',
    `fit result: statistic ${name} has the wrong size (${values?.length ?? 'absent'}); expected ${length} values; delete the run directory and start again`,
  );
}

function volumesOf(histogram: Float64Array, model: ModelFrame, scale: number): PooledStatistics['volumes'] {
  const unit = voxelVolume(model);
  return Array.from({ length: model.components }, (_, t) => {
    const volume: number[] = [];
    const cells: number[] = [];
    // Bin 0 would be cells without a voxel, which the sampler does not have.
    for (let n = 1; n < VOLUME_BINS; n++) {
      const count = histogram[t * VOLUME_BINS + n];
      if (count === 0) continue;
      volume.push(n * unit);
      cells.push(count * scale);
    }
    return { volume: Float64Array.from(volume), cells: Float64Array.from(cells) };
  });
}
