import { SpatileError } from '../../errors.ts';

/** Runs of equal labels along one line of a mask; background is left out. Entry i covers `[start[i], end[i])`. */
export interface LabelLine {
  start: number[];
  end: number[];
  label: number[];
}

/** A mask that can be read line by line, over and over. Holds one block of pixels at a time. */
export interface MaskReader {
  readonly widthPx: number;
  readonly heightPx: number;
  /** As the file names it, such as `uint16`. */
  readonly dataType: string;
  /** True when a line is a column of the image (Fortran order), false when it is a row. */
  readonly columns: boolean;
  /** Lines in order; the object handed out is valid until the next one. */
  lines(): AsyncIterable<LabelLine>;
}

export const emptyLine = (): LabelLine => ({ start: [], end: [], label: [] });

export function clearLine(line: LabelLine): void {
  line.start.length = 0;
  line.end.length = 0;
  line.label.length = 0;
}

/**
 * Appends the pixels `values[from, to)`, which lie from place `at` on, joining a run that goes on.
 * Labels of 0 and below are background. Errors: `MASK_DTYPE` for values that are not whole or beyond 2^53.
 */
export function appendPixels(
  line: LabelLine,
  values: ArrayLike<number>,
  from: number,
  to: number,
  at: number,
  file: string,
): void {
  let i = from;
  while (i < to) {
    const value = values[i];
    if (value === 0) {
      i++;
      continue;
    }
    if (!Number.isSafeInteger(value)) {
      throw new SpatileError(
        'MASK_DTYPE',
        `${file}: the mask holds values that are no labels (${value}); expected whole numbers, one per cell, and 0 for background; save it as integers`,
        { fields: { file, value } },
      );
    }
    const first = i;
    while (i < to && values[i] === value) i++;
    if (value > 0) appendRun(line, at + first - from, at + i - from, value);
  }
}

function appendRun(line: LabelLine, start: number, end: number, label: number): void {
  const last = line.label.length - 1;
  if (last >= 0 && line.label[last] === label && line.end[last] === start) {
    line.end[last] = end;
    return;
  }
  line.start.push(start);
  line.end.push(end);
  line.label.push(label);
}
