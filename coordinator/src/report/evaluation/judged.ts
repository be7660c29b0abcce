import type { EvaluationReportInputs, ReportedResult } from './inputs.ts';

/** A result that was judged against the truth. */
export type JudgedInput = Pick<ReportedResult, 'name' | 'result'> & NonNullable<ReportedResult['judged']>;

/** The results of the slide that were judged against its truth, in order. */
export const judgedOf = ({ results }: EvaluationReportInputs): JudgedInput[] =>
  results.flatMap(({ name, result, judged }) => (judged === null ? [] : [{ name, result, ...judged }]));
