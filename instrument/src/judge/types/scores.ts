import { ratio } from '../statistics.ts';
import type { TypeCalls } from './calls.ts';

/** How well types of cells are recovered; more is better; null without profiles. */
export interface TypeScores {
  /** Of true cells with at least 10 transcripts, the share whose matched cell is called their type; in [0, 1]. */
  typeAccuracy: number | null;
  /** Mean over types of that share; in [0, 1]. */
  typeMacroAccuracy: number | null;
  /** Cohen's kappa: agreement beyond what equal frequencies give by chance (0); at most 1, may fall below 0. */
  typeKappa: number | null;
  /** The first two when called from each true cell's own transcripts: what the best segmentation could reach. */
  typeCeiling: number | null;
  typeMacroCeiling: number | null;
}

export function typeScores(calls: TypeCalls | null, isHere: (t: number) => boolean): TypeScores {
  if (calls === null) {
    return {
      typeAccuracy: null,
      typeMacroAccuracy: null,
      typeKappa: null,
      typeCeiling: null,
      typeMacroCeiling: null,
    };
  }
  const result = agreement(calls.truth, calls.called, calls.types.length, isHere);
  const best = agreement(calls.truth, calls.ceiling, calls.types.length, isHere);
  return {
    typeAccuracy: result.accuracy,
    typeMacroAccuracy: result.macro,
    typeKappa: result.kappa,
    typeCeiling: best.accuracy,
    typeMacroCeiling: best.macro,
  };
}

/** Cells of type i called j at `i * (types + 1) + j`; the last column holds cells without a call. */
export function confusionOf(
  { types, truth, called }: TypeCalls,
  isHere: (t: number) => boolean = () => true,
): Uint32Array {
  return confusion(truth, called, types.length, isHere);
}

function confusion(
  truth: Int32Array,
  called: Int32Array,
  types: number,
  isHere: (t: number) => boolean,
): Uint32Array {
  const table = new Uint32Array(types * (types + 1));
  for (let t = 1; t < truth.length; t++) {
    if (truth[t] < 0 || !isHere(t)) continue;
    table[truth[t] * (types + 1) + (called[t] < 0 ? types : called[t])]++;
  }
  return table;
}

function agreement(
  truth: Int32Array,
  called: Int32Array,
  types: number,
  isHere: (t: number) => boolean,
): { accuracy: number | null; macro: number | null; kappa: number | null } {
  const table = confusion(truth, called, types, isHere);
  const total = table.reduce((sum, n) => sum + n, 0);
  let [right, byChance, shares, present] = [0, 0, 0, 0];
  for (let k = 0; k < types; k++) {
    let [row, column] = [0, 0];
    for (let j = 0; j <= types; j++) row += table[k * (types + 1) + j];
    for (let i = 0; i < types; i++) column += table[i * (types + 1) + k];
    const hits = table[k * (types + 1) + k];
    right += hits;
    byChance += row * column;
    if (row === 0) continue;
    shares += hits / row;
    present++;
  }
  const chance = byChance / (total * total);
  return {
    accuracy: ratio(right, total),
    macro: ratio(shares, present),
    kappa: total > 0 && chance < 1 ? (right / total - chance) / (1 - chance) : null,
  };
}
