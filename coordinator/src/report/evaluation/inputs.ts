import type { MarkerCoexpression } from '@spatile/instrument/judge/coexpression';
import type { EvaluationDetail } from '@spatile/instrument/judge/detail';
import type { Evaluation } from '@spatile/instrument/judge/evaluate';
import type { JudgedResult } from '@spatile/instrument/judge/read/result';

/** What the report of an evaluation is made of: one or several results of one slide. */
export interface EvaluationReportInputs {
  /** Name of the slide, for the title. */
  slide: string;
  /** Folder of the truth; null for a real slide. */
  truth: string | null;
  /** Bundle that was simulated, for the places where transcripts were seen; null = those of birth are shown. */
  bundle: string | null;
  results: readonly ReportedResult[];
}

export interface ReportedResult {
  /** As shown; different for every result. */
  name: string;
  result: JudgedResult;
  /** What the judge said; null without truth. */
  judged: { evaluation: Evaluation; detail: EvaluationDetail } | null;
  /** What can be said without truth; null with truth. */
  counted: CountedResult | null;
}

/** Numbers of a result of a real slide. */
export interface CountedResult {
  cells: number;
  /** Transcripts of genes, and the part of them in a cell. */
  transcripts: number;
  assigned: number;
  medianTranscripts: number | null;
  medianGenes: number | null;
  /** Exclusive markers in the same cells; null without a list of markers. */
  markers: MarkerCoexpression | null;
  /** The hard rate of the bundle's own cells when thinned to as many transcripts; null when it is not known. */
  thinnedVendor: number | null;
}
