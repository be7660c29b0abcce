import type { Profiles } from '@spatile/formats/tile/strays';
import { specificShares } from './specific-shares.ts';

/** Added to expected and observed counts, so that a gene seen a few times is not taken for absent. */
const PRIOR_COUNT = 2;

/** How often the cells of each component hold each gene. */
export interface ComponentCounts {
  components: number;
  genes: number;
  /** Row-major components x genes. */
  counts: Float64Array;
}

export function emptyComponentCounts(components: number, genes: number): ComponentCounts {
  return { components, genes, counts: new Float64Array(components * genes) };
}

/**
 * Shares of genes by component, shrunk towards the slide's: `slide[g] * (n + 2) / (expected + 2)`, where `expected` is what
 * the component would hold if it were like the slide.
 */
export function profilesOf({ components, genes, counts }: ComponentCounts): Profiles {
  const ofComponent = new Float64Array(components);
  const slide = new Float64Array(genes);
  let total = 0;
  for (let k = 0; k < components; k++) {
    for (let g = 0; g < genes; g++) {
      ofComponent[k] += counts[k * genes + g];
      slide[g] += counts[k * genes + g];
    }
    total += ofComponent[k];
  }
  for (let g = 0; g < genes; g++) slide[g] /= Math.max(1, total);
  const share = counts.map((n, i) => {
    const expected = slide[i % genes] * ofComponent[Math.floor(i / genes)];
    return (slide[i % genes] * (n + PRIOR_COUNT)) / (expected + PRIOR_COUNT);
  });
  return { components, genes, share, slide, weight: ofComponent.map((n) => n / Math.max(1, total)) };
}

/** Share of what lies in cells that is taken for strays where genes are told to be some components' own, and steps of that. */
const STRAY_SHARE = 0.3;
const STRAY_STEPS = 4;

/**
 * The same for panels of thousands of genes, each seen a few times by component: what components make themselves, by
 * `specificShares`, after what strayed in (like the slide) is taken out by a few steps of EM. Two transcripts more or less are
 * then as much evidence as they are among all genes of the slide.
 */
export function specificProfiles(tally: ComponentCounts): Profiles {
  const { components, genes, counts } = tally;
  const { slide, weight } = profilesOf(tally);
  let made = new Float64Array(counts.length);
  for (let g = 0; g < genes; g++)
    for (let k = 0; k < components; k++) made[g * components + k] = (1 - STRAY_SHARE) * counts[k * genes + g];
  let share = specificShares(made, slide, components);
  for (let step = 0; step < STRAY_STEPS; step++) {
    made = made.map((_, i) => {
      const [g, k] = [Math.floor(i / components), i % components];
      const own = (1 - STRAY_SHARE) * share[i];
      const n = counts[k * genes + g];
      return n === 0 ? 0 : (n * own) / (own + STRAY_SHARE * slide[g]);
    });
    share = specificShares(made, slide, components);
  }
  return {
    components,
    genes,
    share: counts.map((_, i) => share[(i % genes) * components + Math.floor(i / genes)]),
    slide,
    weight,
  };
}

/** Genes of a component that are expected less often than this say nothing of its contamination. */
const LEAST_EXPECTED = 30;
/** A component tells nothing when genes that say something hold less than this share of its transcripts. */
const LEAST_SHARE = 0.7;
/** Where in the sorted ratios the genes stand that a component does not make itself. */
const SILENT_QUANTILE = 0.1;

/**
 * Share of the slide's assigned transcripts that strayed into their cell, or came in with a cell of another kind: cells hold
 * genes that they do not make in that proportion to the slide's (Young and Behjati, GigaScience 9:giaa151, 2020, for
 * droplets). By component a low quantile over genes of (share in the component / share on the slide), weighed by transcripts.
 */
export function contamination({ components, genes, counts }: ComponentCounts, { slide }: Profiles): number {
  let sum = 0;
  let weight = 0;
  for (let k = 0; k < components; k++) {
    const row = counts.subarray(k * genes, (k + 1) * genes);
    const total = row.reduce((n, count) => n + count, 0);
    const ratios: number[] = [];
    let told = 0;
    for (let g = 0; g < genes; g++) {
      const expected = slide[g] * total;
      if (expected < LEAST_EXPECTED) continue;
      ratios.push(row[g] / expected);
      told += expected;
    }
    if (told < LEAST_SHARE * total || ratios.length === 0) continue;
    ratios.sort((a, b) => a - b);
    sum += total * ratios[Math.floor(SILENT_QUANTILE * ratios.length)];
    weight += total;
  }
  return weight === 0 ? 0 : sum / weight;
}

/** A ratio of 1 says nothing; above this more of the cells' own is lost than strays are found (docs/decisions/components.md). */
const MOST_LIMIT = 0.7;

/**
 * Native ratio below which a transcript is left out: `ratio` on a clean slide, and more by `strayCost` times the contamination,
 * since among strays more is won than lost by leaving out. 0 keeps all.
 */
export function limitOf(
  contaminated: number,
  { ratio, strayCost }: { ratio: number; strayCost: number },
): number {
  return ratio === 0 ? 0 : Math.min(Math.max(ratio, MOST_LIMIT), ratio + strayCost * contaminated);
}
