import * as Plot from '@observablehq/plot';

/** Colours from low to high. */
export interface Ramp {
  low: number;
  high: number;
  /** As `#rrggbb`. */
  colours: readonly string[];
}

const STEPS = 64;

/**
 * Viridis from `low` to `high`; made for readers with colour vision deficiencies, and ordered in grey as well (Nuñez,
 * Anderton and Renslow 2018). Its darkest part is left out, since pictures lie on a dark ground.
 */
export function viridis(low: number, high: number): Ramp {
  const scale = Plot.scale({
    color: { type: 'linear', scheme: 'viridis', domain: [0, STEPS - 1], range: [0.14, 1] },
  });
  return { low, high, colours: Array.from({ length: STEPS }, (_, i) => scale!.apply(i) as string) };
}

/** Step of a value, 0 to the number of colours - 1; values outside are clamped, NaN is the lowest. */
export function stepOf(ramp: Ramp, value: number): number {
  const t = ramp.high > ramp.low ? (value - ramp.low) / (ramp.high - ramp.low) : 1;
  const last = ramp.colours.length - 1;
  return Number.isNaN(t) ? 0 : Math.max(0, Math.min(last, Math.floor(t * ramp.colours.length)));
}

export const colourOf = (ramp: Ramp, value: number): string => ramp.colours[stepOf(ramp, value)];

/** Red, green and blue of `#rrggbb`. */
export function rgb(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
