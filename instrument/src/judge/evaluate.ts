import type { RectUm } from '@spatile/formats/space';
import { BORDER_BAND_UM } from './border-band.ts';
import type { EvaluationDetail } from './detail.ts';
import { detailOf } from './detail-of.ts';
import type { Conservation, PlaceConservation } from './join.ts';
import { judgeFacts } from './judged-facts.ts';
import { type OpenOptions, openResult } from './read/open-result.ts';
import type { AssignmentBatch, JudgedResult } from './read/result.ts';
import { type Scores, scoresOf } from './scores.ts';
import { type Thinned, thinnedRates } from './thinned.ts';
import { loadTruth, type Truth } from './truth.ts';

export { formatEvaluation, formatEvaluations } from './format.ts';

export interface EvaluateOptions {
  /** Least call quality that counts; default: that of the result's run, else 20. */
  minQv?: number;
  /** Tile cores; default: those of the result's run. With two or more, the band along their borders is judged apart. */
  cores?: RectUm[];
}

/** A verdict on a result; plain JSON. See docs/evaluate.md. */
export interface Evaluation {
  version: 2;
  /** Name of the result, when it has one. */
  result: string | null;
  minQv: number;
  conservation: Conservation;
  /** True cells, cells of the result with a transcript (`predicted`) and with an outline (`outlined`), and matched pairs. */
  cells: { true: number; predicted: number; outlined: number | null; matched: number };
  scores: Scores;
  /** What `scores.coexpression` would be if a share of the transcripts were kept at random, by that share. */
  thinned: Thinned[];
  /** Scores and conservation within `bandUm` of tile borders and away from them; null without borders. */
  border: {
    bandUm: number;
    within: Scores;
    away: Scores;
    conservation: { within: PlaceConservation; away: PlaceConservation };
  } | null;
}

/**
 * Judges the result at a path (any that `openResult` knows) against the truth in a folder. Memory: about 40 bytes per
 * transcript of the truth. Errors: those of `openResult` and `loadTruth`.
 */
export async function evaluateResult(
  path: string,
  truth: string,
  options: EvaluateOptions & OpenOptions = {},
): Promise<Evaluation> {
  const result = await openResult(path, options);
  return (await evaluateInDetail(result, await loadTruth(truth), options)).evaluation;
}

/** Judges verdicts from anywhere against a loaded truth; scores of outlines stay null. */
export async function evaluateAssignment(
  batches: AsyncIterable<AssignmentBatch>,
  truth: Truth,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const result: JudgedResult = {
    program: 'table',
    name: '',
    facts: {},
    assignments: () => batches,
    outlines: null,
  };
  const { evaluation } = await evaluateInDetail(result, truth, options);
  return { ...evaluation, result: null };
}

/**
 * Judges an opened result against a loaded truth, and says of every true cell and area how it fared. The truth may serve
 * for several results. Memory beyond the truth: 15 bytes per transcript, and about 1 kB per true cell for outlines.
 * Errors: those of the result's readers; `GEOMETRY_INVALID`.
 */
export async function evaluateInDetail(
  result: JudgedResult,
  truth: Truth,
  options: EvaluateOptions = {},
): Promise<{ evaluation: Evaluation; detail: EvaluationDetail }> {
  const minQv = options.minQv ?? result.facts.minQv ?? 20;
  const cores = options.cores ?? result.facts.cores ?? [];
  const { facts, rows, conservation, nearBorders } = await judgeFacts(result, truth, minQv, cores);
  const { predictedCells } = facts.table;
  const evaluation: Evaluation = {
    version: 2,
    result: result.name,
    minQv,
    conservation,
    cells: {
      true: truth.cells,
      predicted: predictedCells,
      outlined: facts.outlines?.predictedCell.length ?? null,
      matched: facts.match.reduce((n, q) => n + (q > 0 ? 1 : 0), 0),
    },
    scores: scoresOf(facts, 'all'),
    thinned: thinnedRates(facts.markers),
    border:
      cores.length > 1
        ? {
            bandUm: BORDER_BAND_UM,
            within: scoresOf(facts, 'border'),
            away: scoresOf(facts, 'interior'),
            conservation: { within: nearBorders, away: restOf(conservation, nearBorders) },
          }
        : null,
  };
  return { evaluation, detail: detailOf(facts, rows, truth) };
}

function restOf(all: Conservation, part: PlaceConservation): PlaceConservation {
  return {
    passed: all.passed - part.passed,
    once: all.once - part.once,
    missing: all.missing - part.missing,
    duplicated: all.duplicated - part.duplicated,
  };
}
