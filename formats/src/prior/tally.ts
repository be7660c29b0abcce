import type { Finding, PriorOutline, PriorSource } from '../bundle/slide.ts';

/** What one pass over a prior had to drop or repair, by the code of the finding. */
const REMARKS = {
  PRIOR_SHORT_RING: (n: number) => `${n} rings with under 4 points were left out`,
  PRIOR_NOT_FINITE: (n: number) => `${n} rings with NaN or infinite vertices were left out`,
  PRIOR_NULL_GEOMETRY: (n: number) => `${n} cells without a geometry were left out`,
  PRIOR_INVALID_GEOMETRY: (n: number) => `${n} geometries that are no readable polygons were left out`,
  PRIOR_NOT_POLYGON: (n: number) => `${n} features that are no polygons were left out`,
  PRIOR_NO_NUCLEUS: (n: number) => `${n} cells without a nucleus outline were left out`,
  PRIOR_OTHER_PLANE: (n: number) =>
    `${n} cells have no outline in the middle plane; the nearest plane that has one was taken`,
  PRIOR_PIECES: (n: number) => `${n} labels consist of separate pieces; the largest piece of each was taken`,
} as const;

export type RemarkCode = keyof typeof REMARKS;

/** Counts of one pass. */
export class Tally {
  private readonly counts = new Map<RemarkCode, number>();

  add(code: RemarkCode, n = 1): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + n);
  }

  /** One warning per kind that occurred, in the order of the list above. */
  findings(origin: string): Finding[] {
    return (Object.keys(REMARKS) as RemarkCode[])
      .filter((code) => (this.counts.get(code) ?? 0) > 0)
      .map((code) => ({
        level: 'warning',
        code,
        message: `${origin}: ${REMARKS[code](this.counts.get(code)!)}`,
      }));
  }
}

/**
 * A prior whose findings are those known when it was opened and, after each complete pass, the counts of that pass.
 * `stream` makes one pass; it may be asked for again.
 */
export function priorSource(
  kind: PriorSource['kind'],
  origin: string,
  opened: readonly Finding[],
  stream: (tally: Tally, note: (finding: Finding) => void) => AsyncIterable<PriorOutline>,
): PriorSource {
  const findings = [...opened];
  return {
    kind,
    origin,
    findings,
    async *outlines() {
      const tally = new Tally();
      const notes: Finding[] = [];
      yield* stream(tally, (finding) => notes.push(finding));
      findings.splice(0, findings.length, ...opened, ...notes, ...tally.findings(origin));
    },
  };
}
