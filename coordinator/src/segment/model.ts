import { type ChannelModel, FIT_SAMPLES } from '@spatile/formats/tile/segment';

const BINS = 256;

/**
 * The frozen numbers of a slide from sampled blocks of its pixels: percentiles and Otsu level of each channel over tissue and as
 * much background again. A block is tissue where a pixel of the nuclear stain is above the Otsu level of all samples.
 *
 * @param samples of the fit round, one array per pilot: blocks of `FIT_SAMPLES` values, channel by channel.
 * @param nuclei the channel that tells tissue.
 * @param percentiles lower and upper by channel.
 */
export function channelModels(
  samples: readonly Float32Array[],
  channels: number,
  nuclei: number,
  percentiles: readonly (readonly [number, number])[],
): ChannelModel[] {
  const chosen = chooseBlocks(samples, channels, nuclei);
  return Array.from({ length: channels }, (_, channel) => {
    const [low, high] = percentiles[channel];
    const values = new Float32Array(chosen.length * FIT_SAMPLES);
    chosen.forEach(([pilot, block], i) => {
      const from = (block * channels + channel) * FIT_SAMPLES;
      values.set(samples[pilot].subarray(from, from + FIT_SAMPLES), i * FIT_SAMPLES);
    });
    values.sort();
    const limits = { low: percentile(values, low), high: percentile(values, high) };
    return { ...limits, otsu: normalisedOtsu(values, limits) };
  });
}

/** The same with limits that the user set. */
export function withLimits(model: ChannelModel, [low, high]: readonly [number, number]): ChannelModel {
  const level = model.low + model.otsu * (model.high - model.low);
  return { low, high, otsu: high > low ? (level - low) / (high - low) : 1 };
}

type Block = [pilot: number, block: number];

function chooseBlocks(samples: readonly Float32Array[], channels: number, nuclei: number): Block[] {
  const size = channels * FIT_SAMPLES;
  const level = otsuOf(samples, channels, nuclei);
  const tissue: Block[] = [];
  const background: Block[] = [];
  samples.forEach((values, pilot) => {
    for (let block = 0; block < values.length / size; block++) {
      const from = block * size + nuclei * FIT_SAMPLES;
      const bright = values.subarray(from, from + FIT_SAMPLES).some((value) => value > level);
      (bright ? tissue : background).push([pilot, block]);
    }
  });
  const wanted = Math.min(background.length, tissue.length);
  if (tissue.length === 0) return background;
  // Evenly spaced, so that the choice does not hang on where the pilots begin.
  return [
    ...tissue,
    ...Array.from({ length: wanted }, (_, i) => background[Math.floor((i * background.length) / wanted)]),
  ];
}

function otsuOf(samples: readonly Float32Array[], channels: number, nuclei: number): number {
  const all = new Float32Array(samples.reduce((sum, values) => sum + values.length, 0) / channels);
  let at = 0;
  const size = channels * FIT_SAMPLES;
  for (const values of samples) {
    for (let from = nuclei * FIT_SAMPLES; from < values.length; from += size) {
      all.set(values.subarray(from, from + FIT_SAMPLES), at);
      at += FIT_SAMPLES;
    }
  }
  all.sort();
  const limits = { low: percentile(all, 0.1), high: percentile(all, 99.9) };
  return limits.low + normalisedOtsu(all, limits) * (limits.high - limits.low);
}

/** @param sorted ascending. */
function percentile(sorted: Float32Array, percent: number): number {
  if (sorted.length === 0) return 0;
  const at = (percent / 100) * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** Level of Otsu (IEEE Trans SMC 9:62, 1979) on values that the limits take to 0 and 1; the first of equal maxima. */
function normalisedOtsu(values: Float32Array, { low, high }: { low: number; high: number }): number {
  if (!(high > low)) return 1;
  const histogram = new Float64Array(BINS);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * BINS);
    histogram[Math.min(BINS - 1, Math.max(0, bin))]++;
  }
  let mean = 0;
  for (let bin = 0; bin < BINS; bin++) mean += bin * histogram[bin];
  let [weight, sum, best, level] = [0, 0, -1, 0];
  for (let bin = 0; bin + 1 < BINS; bin++) {
    weight += histogram[bin];
    sum += bin * histogram[bin];
    const rest = values.length - weight;
    if (weight === 0 || rest === 0) continue;
    const gap = mean * weight - sum * values.length;
    const between = (gap * gap) / (weight * rest);
    if (between > best) [best, level] = [between, (bin + 1) / BINS];
  }
  return level;
}
