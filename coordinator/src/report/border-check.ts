import type { CellColumns } from './slide.ts';
import { type MedianInterval, medianInterval } from './statistics.ts';

/** Compares cells near borders between tiles with all others: a seam would show as a difference. */

/** A cell nearer than this to a border between tiles counts as near. */
export const NEAR_UM = 30;
/** Differences up to this share are not called a seam, whatever the number of cells: tissue differs more than that. */
const TOLERATED = 0.05;

export interface BorderMeasure {
  name: string;
  unit: string;
  near: MedianInterval;
  inner: MedianInterval;
  /** Of the medians: near / inner - 1, and its 95 % interval. */
  difference: number;
  low: number;
  high: number;
  verdict: 'same' | 'different' | 'unclear';
}

/** Values of one measure per cell, and which cells it is defined for. */
export interface Measure {
  name: string;
  unit: string;
  values: Float64Array;
}

/** The measures that are compared; confidence is defined for cells with transcripts only. */
export function borderMeasures(cells: CellColumns): Measure[] {
  const confidence = cells.confidence.map((value, i) => (cells.transcripts[i] > 0 ? value : Number.NaN));
  return [
    { name: 'transcripts per cell', unit: '', values: cells.transcripts },
    { name: 'area', unit: 'µm²', values: cells.areaUm2 },
    { name: 'confidence', unit: '', values: confidence },
  ];
}

/** One comparison per measure; empty when one side has too few cells. */
export function checkBorders(cells: CellColumns): BorderMeasure[] {
  const near = cells.borderUm.map((distance) => (distance < NEAR_UM ? 1 : 0));
  return borderMeasures(cells).flatMap(({ name, unit, values }) => {
    const a = medianInterval(values.filter((_, i) => near[i] === 1));
    const b = medianInterval(values.filter((_, i) => near[i] === 0));
    if (a === null || b === null || b.median === 0) return [];
    return [{ name, unit, near: a, inner: b, ...compare(a, b) }];
  });
}

/** Both half-widths, taken as independent, make that of the difference. */
function compare(near: MedianInterval, inner: MedianInterval) {
  const difference = near.median / inner.median - 1;
  const halfWidth = Math.hypot(near.high - near.low, inner.high - inner.low) / 2 / inner.median;
  const [low, high] = [difference - halfWidth, difference + halfWidth];
  const excludesZero = low > 0 || high < 0;
  const verdict: BorderMeasure['verdict'] =
    excludesZero && Math.abs(difference) > TOLERATED
      ? 'different'
      : Math.max(-low, high) <= 2 * TOLERATED
        ? 'same'
        : 'unclear';
  return { difference, low, high, verdict };
}

/** One sentence about all measures. */
export function borderVerdict(measures: readonly BorderMeasure[]): string {
  const of = (verdict: BorderMeasure['verdict']): BorderMeasure[] =>
    measures.filter((measure) => measure.verdict === verdict);
  const different = of('different');
  if (different.length > 0) {
    const what = different
      .map(({ name, difference }) => `${name} by ${signedPercent(difference)}`)
      .join(', ');
    return `Cells near borders between tiles differ from the others: ${what}. This may be the tissue or a seam; look at the curves below, and run with a larger halo (plan.haloUm) to tell.`;
  }
  const unclear = of('unclear');
  if (unclear.length > 0) {
    const what = unclear.map(({ name }) => name).join(', ');
    return `No difference is seen between cells near borders and the others, but there are too few cells to rule one out (${what}).`;
  }
  return 'No seam: cells near borders between tiles are like the others.';
}

/** `+1.2 %`, `−3.0 %`. */
export function signedPercent(share: number): string {
  const text = Math.abs(100 * share).toFixed(1);
  if (text === '0.0') return '0.0 %';
  return `${share < 0 ? '−' : '+'}${text} %`;
}

/** Medians by distance to the nearest border, in steps of 10 µm up to 100 µm; steps with too few cells are left out. */
export function borderProfile(
  cells: CellColumns,
  values: Float64Array,
): (MedianInterval & { fromUm: number; toUm: number })[] {
  return Array.from({ length: 10 }, (_, step) => [10 * step, 10 * step + 10]).flatMap(([fromUm, toUm]) => {
    const found = medianInterval(
      values.filter((_, i) => cells.borderUm[i] >= fromUm && cells.borderUm[i] < toUm),
    );
    return found === null ? [] : [{ ...found, fromUm, toUm }];
  });
}
