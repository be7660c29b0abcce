import type { Bench, BenchCase, BenchOptions } from '../bench.ts';
import { COMPETITORS } from '../competitors/all.ts';
import type { ComparedSlide, Competitor, Tool } from '../competitors/competitor.ts';
import { SPATILE } from '../competitors/spatile.ts';
import type { CaseResult } from '../results.ts';
import { comparisonFigure } from './comparison-figure.ts';
import { THRESHOLDS } from './curve.ts';
import { renderDetails } from './details-page.ts';
import { measureCompetitor } from './measure.ts';
import { METHODS } from './methods.ts';
import { FIGURE, renderComparison, renderStanding } from './page.ts';
import { comparedSlides, type SlideChoice, turned } from './slides.ts';
import { smallerTells, trialsOf } from './smaller.ts';

/** Where the first seed took longer than this, the others are not run. */
export const ONE_SEED_ABOVE_SECONDS = 400;

/** All programs that the machine has on the same slides, one after the other on each, judged alike. */
export const compare: Bench = {
  name: 'compare',
  cases: (options) => {
    const installed = COMPETITORS.flatMap((competitor) => {
      const tool = competitor.find(options.program);
      return tool === null ? [] : [{ competitor, tool }];
    });
    return comparedSlides(options.slides, options.tiny).flatMap((choice) => {
      const slide = { millions: choice.kind.transcripts / 1e6, genes: choice.kind.genes };
      const taking = installed.filter(
        ({ competitor: { only } }) =>
          only?.({ millions: slide.millions, scaling: choice.kind.scaling }) ?? true,
      );
      return turned(taking, choice.seed).map(({ competitor, tool }, at) =>
        compareCase(choice, slide, competitor, tool, options, at === 0),
      );
    });
  },
  pages: [
    { page: 'README.md', render: renderStanding },
    { page: 'bench/README.md', render: renderComparison },
    { page: 'bench/details.md', render: renderDetails },
  ],
  figures: [{ file: `bench/${FIGURE}`, render: (cases) => comparisonFigure(cases, METHODS) }],
};

function compareCase(
  { kind, seed }: SlideChoice,
  about: Omit<ComparedSlide, 'bundle'>,
  competitor: Competitor,
  tool: Tool,
  { limitSeconds, limitBytes }: BenchOptions,
  isFirst: boolean,
): BenchCase {
  const group = `${kind.key}-seed${seed}`;
  const { millions } = about;
  // Judging takes as long as it does for small slides only.
  const drawsCurve = competitor.key === SPATILE.key && millions < 0.5;
  const run = Math.min(limitSeconds, competitor.estimateSeconds({ ...about, bundle: '' }));
  return {
    key: `${group}-${competitor.key}`,
    label: `${competitor.label}, ${kind.preset}, ${kind.transcripts / 1e6} M transcripts, ${kind.genes} genes, seed ${seed}`,
    settings: {
      ...{ competitor: competitor.key, kind: kind.key, preset: kind.preset, transcripts: kind.transcripts },
      ...{ genes: kind.genes, seed, threads: competitor.threads, version: tool.version },
      ...{ limitSeconds, limitBytes },
    },
    // The judge reads every result, and the slide is made for the first.
    estimateSeconds:
      run + (drawsCurve ? 1 + THRESHOLDS.length : 1) * (2 + 6 * millions) + (isFirst ? 2 + 12 * millions : 0),
    diskBytes: millions * 1.2e9 + 1e8,
    group,
    skip: (results) => {
      const smaller = smallerTells(kind, trialsOf(results, competitor.key));
      if (smaller !== null) return `it did not end on ${smaller}`;
      return seed === 1 ? null : firstSeedTells(results, kind.key, competitor);
    },
    measure: (workbench) =>
      measureCompetitor(
        workbench,
        { kind, seed },
        about,
        tool,
        { seconds: limitSeconds, bytes: limitBytes },
        drawsCurve,
      ),
  };
}

/** Why further seeds of a kind are not run; null when the first was quick and ended well. */
function firstSeedTells(results: readonly CaseResult[], kind: string, { key }: Competitor): string | null {
  const first = results.find((one) => one.key === `${kind}-seed1-${key}`);
  if (first === undefined || first.quality.exit === 'none') return null;
  if (first.quality.exit !== 'done') return `the first seed ended with: ${first.quality.exit}`;
  const seconds = first.measured.wallSeconds.median;
  return seconds > ONE_SEED_ABOVE_SECONDS ? `the first seed took ${Math.round(seconds)} s` : null;
}
