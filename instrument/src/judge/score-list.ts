import type { Scores } from './scores.ts';

export interface ListedScore {
  name: keyof Scores;
  label: string;
  /** Which direction is better; null for what merely counts or compares. */
  better: 'more' | 'less' | null;
  /** A count rather than a share. */
  isCount: boolean;
}

const more = (name: keyof Scores, label: string): ListedScore => ({
  name,
  label,
  better: 'more',
  isCount: false,
});
const less = (name: keyof Scores, label: string): ListedScore => ({
  name,
  label,
  better: 'less',
  isCount: false,
});
const plain = (name: keyof Scores, label: string): ListedScore => ({
  name,
  label,
  better: null,
  isCount: false,
});
const count = (name: keyof Scores, label: string): ListedScore => ({ ...plain(name, label), isCount: true });

/** Every score in the order in which tables show them; explained in docs/evaluate.md. */
export const SCORES: readonly ListedScore[] = [
  more('f1', 'F1'),
  more('recall', 'transcripts of cells in their own cell'),
  more('precision', 'assigned transcripts in their own cell'),
  more('leakedHome', 'leaked transcripts brought home'),
  more('backgroundRecall', 'background kept out'),
  more('backgroundPrecision', 'background among what is left out'),
  more('ari', 'adjusted Rand index'),
  more('detection', 'cells found by transcripts (Jaccard 0.5)'),
  more('medianJaccard', 'median Jaccard of transcripts'),
  more('overlapF1', 'F1 where true cells overlap'),
  more('overlapRecall', 'transcripts of cells in their own where cells overlap'),
  more('overlapPrecision', 'assigned transcripts in their own where cells overlap'),
  more('drawnF1', 'F1 by outlines'),
  more('drawnRecall', 'transcripts born inside their own outline'),
  more('drawnPrecision', 'transcripts inside outlines in their own outline'),
  more('outlineF1', 'F1 of outlines at IoU 0.5'),
  more('outlineRecall', 'true outlines found'),
  more('outlinePrecision', 'outlines that are right'),
  more('outlineIou', 'mean IoU of found outlines'),
  more('panopticQuality', 'panoptic quality'),
  less('mergeRate', 'merged cells'),
  less('splitRate', 'split cells'),
  more('expressionCorrelation', 'correlation of expression'),
  more('typeAccuracy', 'cell types recovered'),
  more('typeMacroAccuracy', 'cell types recovered, mean of types'),
  more('typeKappa', "cell types, Cohen's kappa"),
  plain('typeCeiling', 'cell types from the true cells'),
  plain('typeMacroCeiling', 'the same, mean of types'),
  less('foreignMarkers', 'markers of other types'),
  more('markersKept', 'own markers kept'),
  less('coexpression', 'co-expression of exclusive markers'),
  plain('coexpressionOfTruth', 'the same in the true cells'),
  plain('coexpressionOfThinnedTruth', 'the same in true cells as thin'),
  less('coexpressionSoft', 'co-expression by counts'),
  plain('coexpressionSoftOfTruth', 'the same in the true cells'),
  count('trueCells', 'true cells'),
  count('transcripts', 'transcripts judged'),
  count('fromCells', 'of them from cells'),
  count('leaked', 'of them leaked'),
  count('overlapTranscripts', 'of them where true cells overlap'),
];
