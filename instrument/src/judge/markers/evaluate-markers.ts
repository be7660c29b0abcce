import {
  type MarkerCoexpression,
  type MarkerCounts,
  markerCoexpression,
  thinnedCoexpression,
} from '../coexpression.ts';
import { slideCells } from '../read/open-folder.ts';
import type { JudgedResult, Program } from '../read/result.ts';
import { resultInvalid } from '../read/result-invalid.ts';
import { openSlide } from '../read/slide-join.ts';
import { type CellCounts, countCells } from './count-cells.ts';
import type { MarkerSet } from './read-markers.ts';

/** What can be told of a result without truth; plain JSON. */
export interface MarkerEvaluation {
  version: 2;
  result: string;
  program: Program;
  /** Least call quality that counts, where the result tells qualities; null = all count. */
  minQv: number | null;
  /** Rows of the result; of these genes of sufficient quality; of these in a cell; the share of the latter two. */
  transcripts: { rows: number; judged: number; assigned: number; share: number | null };
  cells: { predicted: number; medianTranscripts: number | null; medianGenes: number | null };
  /** `used`: markers whose gene some of the results has; `shared`: genes left out since they mark several types. */
  markers: { source: string; rule: string; used: number; shared: number };
  coexpression: Omit<MarkerCoexpression, 'byTypes'> & { byTypes: (number | null)[] };
  /**
   * The hard rate of the bundle's own cells, thinned to as many transcripts as the result has in cells: what the result
   * must fall below to be purer and not merely emptier. Null without a bundle, and for results that hold more.
   */
  thinnedVendor: number | null;
}

export interface JudgedByMarkers {
  result: JudgedResult;
  evaluation: MarkerEvaluation;
  coexpression: MarkerCoexpression;
}

export interface MarkerOptions {
  /** The slide, whose own cells and nuclei are judged too, as far as it tells them. */
  bundle?: string;
  /** Least call quality that counts; default: that of the result's run, else 20. */
  minQv?: number;
  /** Called around the pass over each result, to show progress; it may hand on a wrapped result. */
  watch?: <T>(result: JudgedResult, work: (watched: JudgedResult) => Promise<T>) => Promise<T>;
}

/**
 * Judges results by markers that exclude each other; what the bundle says itself stands last, for comparison.
 * Errors: `RESULT_INVALID` for a result whose genes are not known, and those of the readers.
 */
export async function evaluateByMarkers(
  results: readonly JudgedResult[],
  set: MarkerSet,
  { bundle, minQv, watch = (result, work) => work(result) }: MarkerOptions = {},
): Promise<JudgedByMarkers[]> {
  const vendor = bundle === undefined ? [] : await ofBundle(bundle);
  const judged = [...results, ...vendor];
  const counts: CellCounts[] = [];
  for (const result of judged) counts.push(await watch(result, (watched) => countsOf(watched, set, minQv)));
  // A gene that no result has is not in the panel: its pairs would count as never seen together.
  const found = set.markers.map(({ gene }) => counts.some(({ names }) => names.has(gene)));
  const used = { ...set, markers: set.markers.filter((_, marker) => found[marker]) };
  for (const { markers } of counts) renumber(markers, found);
  const baseline = vendor.length === 0 ? null : counts[results.length];
  return judged.map((result, i) => verdict(result, counts[i], used, baseline, minQv ?? minQvOf(result)));
}

/** Numbers of markers among those that were found, of which alone there are counts. */
function renumber({ marker }: MarkerCounts, found: readonly boolean[]): void {
  let next = 0;
  const numbers = found.map((is) => (is ? next++ : -1));
  for (let i = 0; i < marker.length; i++) marker[i] = numbers[marker[i]];
}

/** The bundle's own cells and nuclei; what it does not tell is left out. */
async function ofBundle(path: string): Promise<JudgedResult[]> {
  const slide = await openSlide(path);
  const { has } = slide.transcripts;
  if (!has.cell) return [];
  return (['cell', 'nucleus'] as const)
    .filter((kind) => kind === 'cell' || has.nuclear)
    .map((kind) => ({
      ...slideCells(slide, kind),
      name: kind === 'cell' ? "the bundle's cells" : "the bundle's nuclei",
    }));
}

function countsOf(
  result: JudgedResult,
  { markers }: MarkerSet,
  minQv = minQvOf(result),
): Promise<CellCounts> {
  if (result.genes) return countCells(result.genes, markers, minQv);
  throw resultInvalid(
    result.name,
    'the genes of its transcripts are not known (no column gene or feature_name)',
    'these, or the bundle that was segmented',
    'give it with --bundle',
  );
}

const minQvOf = ({ facts }: JudgedResult): number => facts.minQv ?? 20;

function verdict(
  result: JudgedResult,
  counts: CellCounts,
  set: MarkerSet,
  baseline: CellCounts | null,
  minQv: number,
): JudgedByMarkers {
  const { transcripts } = counts;
  const coexpression = markerCoexpression(counts.markers, set.markers);
  const { byTypes, ...rates } = coexpression;
  const keep = baseline === null ? 2 : transcripts.assigned / baseline.transcripts.assigned;
  const evaluation: MarkerEvaluation = {
    version: 2,
    result: result.name,
    program: result.program,
    minQv: Number.isFinite(minQv) ? minQv : null,
    transcripts: {
      ...transcripts,
      share: transcripts.judged === 0 ? null : transcripts.assigned / transcripts.judged,
    },
    cells: {
      predicted: counts.cells,
      medianTranscripts: counts.medianTranscripts,
      medianGenes: counts.medianGenes,
    },
    markers: {
      source: set.source,
      rule: set.rule,
      used: set.markers.length,
      shared: set.shared,
    },
    coexpression: {
      ...rates,
      byTypes: Array.from(byTypes, (rate) => (Number.isNaN(rate) ? null : rate)),
    },
    thinnedVendor:
      baseline === null || !(keep <= 1) ? null : thinnedCoexpression(baseline.markers, set.markers, keep),
  };
  return { result, evaluation, coexpression };
}
