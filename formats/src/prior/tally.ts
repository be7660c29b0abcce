import type { Finding, PriorOutline, PriorSource } from '../bundle/slide.ts';

/** What one pass over a prior had to drop or repair, by the code of the finding. */
const REMARKS = {
  PRIOR_SHORT_RING: 'rings with under 4 points, left out',
  PRIOR_NOT_FINITE: 'rings with NaN or infinite vertices, left out',
  PRIOR_NO_ID: 'vertices or outlines without a cell id, left out',
  PRIOR_NULL_GEOMETRY: 'cells without a geometry, left out',
  PRIOR_INVALID_GEOMETRY: 'geometries that are no readable polygons, left out',
  PRIOR_NOT_POLYGON: 'features that are no polygons, left out',
  PRIOR_NO_NUCLEUS: 'cells without a nucleus outline, left out',
  PRIOR_OTHER_PLANE:
    'cells without an outline in the middle plane, taken from the nearest plane that has one',
  PRIOR_PIECES: 'labels in separate pieces, of which the largest was taken',
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
        message: `${origin}: ${this.counts.get(code)} ${REMARKS[code]}`,
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
