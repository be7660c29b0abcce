/** Median and range of repeated measurements. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  n: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted[sorted.length - 1], n: sorted.length };
}

/** `median (least to most)`, or the value alone where all are equal; `-` for what was not measured. */
export function show(value: Spread | undefined, digits = 1, scale = 1): string {
  if (value === undefined || !Number.isFinite(value.median)) return '-';
  const text = (x: number): string => number(x * scale, digits);
  return value.least === value.most
    ? text(value.median)
    : `${text(value.median)} (${text(value.least)} to ${text(value.most)})`;
}

/** A number with thousands apart and a fixed number of decimals. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '-';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Seconds as people say them. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
