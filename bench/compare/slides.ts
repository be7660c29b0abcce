/** A kind of slide that all competitors see, in several seeds. */
export interface SlideKind {
  key: string;
  preset: string;
  /** Aimed at; the simulator comes within a tenth. */
  transcripts: number;
  genes: number;
  /** Whether runs with one worker are made as well. */
  scaling: boolean;
  seeds: number;
}

const NAMES: Record<number, string> = { 1e5: '0.1M', 1e6: '1M', 1e7: '10M' };

function kind(preset: string, transcripts: number, genes: number, seeds: number, scaling = false): SlideKind {
  const size = NAMES[transcripts] ?? `${transcripts}`;
  return { key: `${preset}-${size}-${genes}`, preset, transcripts, genes, scaling, seeds };
}

/** A slide to make: a kind and a seed. */
export interface SlideChoice {
  kind: SlideKind;
  seed: number;
}

/**
 * Every slide of the comparison, the most telling first: each kind once with the million of transcripts early, then the
 * other seeds of the kinds on which the goals are stated, then the rest, then what takes hours.
 */
export function comparedSlides(seeds: number, tiny: boolean): SlideChoice[] {
  const small = tiny ? 4000 : 1e5;
  const panels = tiny ? [60, 120, 200] : [300, 5000, 18_000];
  const usual = kind('default', small, panels[0], seeds, true);
  const hard = ['leaky', 'crowded'].map((preset) => kind(preset, small, panels[0], seeds));
  const other = ['elongated', 'easy', 'sparse'].map((preset) => kind(preset, small, panels[0], seeds));
  const wide = [
    kind('default', small, panels[1], seeds),
    kind('whole-transcriptome', small, panels[2], seeds),
  ];
  if (tiny) return allSeeds([usual, ...hard.slice(0, 1), ...wide.slice(1)]);
  const large = [
    kind('default', 1e6, 300, seeds, true),
    kind('default', 1e6, 5000, 1),
    kind('default', 1e7, 300, 1, true),
    kind('default', 1e6, 18_000, 1),
    kind('default', 1e7, 5000, 1),
    kind('default', 1e7, 18_000, 1),
  ];
  const first = (kinds: SlideKind[]): SlideChoice[] => kinds.map((kind) => ({ kind, seed: 1 }));
  const later = (kinds: SlideKind[]): SlideChoice[] => allSeeds(kinds).filter(({ seed }) => seed > 1);
  return [
    ...first([usual, ...hard, ...wide, large[0], ...other]),
    ...later([usual, ...hard]),
    ...later([...wide, ...other]),
    ...later([large[0]]),
    ...first(large.slice(1)),
  ];
}

/** Seed after seed, so that an early end leaves the kinds alike. */
function allSeeds(kinds: SlideKind[]): SlideChoice[] {
  const most = Math.max(0, ...kinds.map(({ seeds }) => seeds));
  return Array.from({ length: most }, (_, k) => k + 1).flatMap((seed) =>
    kinds.filter(({ seeds }) => seed <= seeds).map((kind) => ({ kind, seed })),
  );
}

/** The competitors in the order in which they run on a slide: turned by one for every seed, since machines drift. */
export function turned<T>(list: readonly T[], seed: number): T[] {
  const by = (seed - 1) % Math.max(1, list.length);
  return [...list.slice(by), ...list.slice(0, by)];
}
