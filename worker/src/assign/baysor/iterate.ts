import { Expectation } from './expect.ts';
import { maximise, roundNormals } from './maximise.ts';
import type { Mixture } from './mixture.ts';
import { LabelRecord, MOST_SAMPLES } from './record.ts';
import { keepLargestParts } from './split.ts';

/** Share of the iterations, the last ones, that are recorded. */
const RECORDED = 0.1;

/** What the iterations of a tile came to. */
export interface Fates {
  /** Component of each molecule, 0 = noise, and the share of recorded samples that agree. */
  label: Int32Array;
  share: Float32Array;
  diagnostics: Record<string, number>;
  terms: number;
}

/**
 * The expectation-maximisation with sampling of Petukhov et al. (2022): maximise, then draw all labels, and every few iterations
 * keep connected parts only. The verdict on a molecule is its most frequent label over the last tenth of the iterations.
 */
export function iterate(
  mixture: Mixture,
  iterations: number,
  progress: (fraction: number) => void = () => undefined,
): Fates {
  const { label, settings, molecules } = mixture;
  const expectation = new Expectation(mixture);
  const record = new LabelRecord(molecules.n);
  const recorded = Math.min(Math.max(1, Math.floor(iterations * RECORDED)), MOST_SAMPLES);
  roundNormals(mixture);
  maximise(mixture);
  let terms = 0;
  let changed = 0;
  let before = label.slice();
  for (let iteration = 0; iteration < iterations; iteration++) {
    const last = iteration + 1 === iterations;
    if (iteration + recorded >= iterations) before = label.slice();
    terms += expectation.draw(iteration);
    if (last || (iteration + 1) % settings.splitEvery === 0) keepLargestParts(mixture, label);
    maximise(mixture);
    if (iteration + recorded >= iterations) {
      record.add(label);
      for (let i = 0; i < label.length; i++) if (label[i] !== before[i]) changed++;
    }
    progress((iteration + 1) / iterations);
  }
  const out = verdicts(mixture, record);
  let alive = 0;
  for (let c = 1; c <= mixture.components; c++) if (mixture.size[c] > 0) alive++;
  return {
    ...out,
    terms,
    diagnostics: {
      componentsAtStart: mixture.components,
      components: alive,
      changedShare: molecules.n === 0 ? 0 : changed / (recorded * molecules.n),
    },
  };
}

function verdicts(mixture: Mixture, record: LabelRecord): Pick<Fates, 'label' | 'share'> {
  const { molecules, size, settings, segment, mainSegment } = mixture;
  const alive = (c: number): boolean => size[c] > 0;
  const label = new Int32Array(molecules.n);
  for (let i = 0; i < label.length; i++) {
    const chosen = record.most(i, alive).label;
    // Full trust in the prior: what a cell still holds of another segment is not its own.
    const foreign =
      settings.priorConfidence === 1 &&
      segment[i] !== 0 &&
      mainSegment[chosen] !== 0 &&
      mainSegment[chosen] !== segment[i];
    label[i] = foreign ? 0 : chosen;
  }
  keepLargestParts(mixture, label);
  return { label, share: Float32Array.from(label, (c, i) => record.share(i, c)) };
}
