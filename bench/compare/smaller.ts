import type { CaseResult } from '../results.ts';

/** What is asked of a program: so many transcripts of so many genes. */
export interface Ask {
  preset: string;
  transcripts: number;
  genes: number;
}

/** How a program did on one kind of slide. */
export interface Trial extends Ask {
  kind: string;
  ended: boolean;
}

export const trialsOf = (results: readonly CaseResult[], competitor: string): Trial[] =>
  results
    .filter(({ settings }) => settings.competitor === competitor)
    .map(({ settings, quality }) => ({
      kind: String(settings.kind),
      preset: String(settings.preset),
      transcripts: Number(settings.transcripts),
      genes: Number(settings.genes),
      // What runs nothing ends always.
      ended: quality.exit === 'done' || quality.exit === 'none',
    }));

/** The kind of slide, no larger and with no more genes, on which the program did not end; then this one is not tried. Else null. */
export function smallerTells(asked: Ask, trials: readonly Trial[]): string | null {
  const { preset, transcripts, genes } = asked;
  const told = trials.find(
    (one) =>
      !one.ended &&
      one.preset === preset &&
      one.transcripts <= transcripts &&
      one.genes <= genes &&
      (one.transcripts < transcripts || one.genes < genes),
  );
  return told?.kind ?? null;
}
