/** 10^0 to 10^22: the powers of ten a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * The number written in `bytes[start .. end)` as ASCII, correctly rounded to double; NaN when it is not a number.
 *
 * Up to 15 significant digits and 22 decimals are exact as integer / power of ten, and one division rounds once
 * (Clinger 1990, "How to read floating point numbers accurately"); the rest goes to `Number()`.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  const first = at;
  let mantissa = 0;
  let significant = 0;
  let decimals = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) break;
    mantissa = mantissa * 10 + digit;
    if (mantissa > 0) significant++;
  }
  let digits = at - first;
  if (at < end && bytes[at] === POINT) {
    const point = at++;
    for (; at < end; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
      if (mantissa > 0) significant++;
    }
    decimals = at - point - 1;
    digits += decimals;
  }
  if (at !== end || digits === 0 || significant > 15 || decimals > 22) return parseSlowly(bytes, start, end);
  const value = mantissa / POWERS_OF_TEN[decimals];
  return negative ? -value : value;
}

/** Decimal digits without sign, point or exponent as an exact integer below 2^64; null when it is anything else. */
export function parseUnsigned(bytes: Uint8Array, start: number, end: number): number | bigint | null {
  if (end === start || end - start > 20) return null;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  if (end - start <= 15) return value;
  const exact = BigInt(latin1(bytes, start, end));
  return exact < 1n << 64n ? exact : null;
}

const ZERO = 48;
const POINT = 46;
const MINUS = 45;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function parseSlowly(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 400) return Number.NaN;
  const text = latin1(bytes, start, end).trim();
  if (NUMBER.test(text)) return Number(text);
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : Number.NaN;
}

/** Whether a field that is not a number is one of the usual words for a missing one. */
export function isMissingNumber(bytes: Uint8Array, start: number, end: number): boolean {
  return /^\s*([+-]?nan|na|n\/a|null|none)?\s*$/i.test(latin1(bytes, start, Math.min(end, start + 16)));
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
