/** What a result did with one transcript, and how pictures show it. */

export const VERDICTS = ['right', 'home', 'wrong', 'lost', 'taken', 'kept'] as const;
export type Verdict = (typeof VERDICTS)[number];

interface Look {
  meaning: string;
  colour: string;
  /** Shape as well as colour, for readers who tell colours apart badly. */
  shape: 'dot' | 'ring' | 'cross';
  /** Diameter in CSS pixels. */
  sizePx: number;
}

/** Colours of Okabe and Ito (2008), darkened where they would be faint on white. */
export const LOOKS: Readonly<Record<Verdict, Look>> = {
  right: { meaning: 'in its own cell', colour: '#8aa0b8', shape: 'dot', sizePx: 2.6 },
  home: { meaning: 'leaked, brought home', colour: '#0072b2', shape: 'dot', sizePx: 4.2 },
  wrong: { meaning: 'in another cell', colour: '#d55e00', shape: 'dot', sizePx: 4.2 },
  lost: { meaning: 'of a cell, thrown out', colour: '#3b4656', shape: 'ring', sizePx: 3.8 },
  taken: { meaning: 'background, taken in', colour: '#a3278f', shape: 'cross', sizePx: 4.6 },
  kept: { meaning: 'background, kept out', colour: '#c3cad4', shape: 'dot', sizePx: 2 },
};

/**
 * The verdict on a transcript: `origin` is its true cell and `put` the cell it was put into (0 = none), `match` the cell of
 * the result that stands for its origin (0 = none); `leaked` says that it was seen outside its own cell.
 */
export function verdictOn(origin: number, put: number, match: number, leaked: boolean): Verdict {
  if (origin === 0) return put === 0 ? 'kept' : 'taken';
  if (put === 0) return 'lost';
  if (put !== match) return 'wrong';
  return leaked ? 'home' : 'right';
}
