import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import type { Place, PlaceFigures, SeamFigures } from './seam-figures.ts';
import { number, type Spread, show, spread } from './statistics.ts';

/** More disagreement than this, relative to that of two seeds, is a seam. */
const MOST_EXTRA_DISAGREEMENT = 0.1;

/** What the slides of one method and tiling say about one place. */
interface Summary {
  method: string;
  sizeUm: number;
  cuts: string;
  place: Place;
  slides: number;
  f1: { tiled: Spread; untiled: Spread };
  /** F1 of the tiled run less the mean of the untiled ones, and how far those are apart. */
  f1Change: Spread;
  f1Noise: Spread;
  disagreement: { tiled: Spread; untiled: Spread };
  /** Disagreement of tiled with untiled over that of two untiled seeds; null where two seeds agree entirely. */
  disagreementRatio: Spread | null;
  size: { tiled: Spread; untiled: Spread };
}

/** The table and the verdict of the seam bench, from its results alone. */
export function renderSeams(cases: readonly CaseResult[]): string {
  const summaries = summarise(cases);
  const rows = summaries.map((s) => [
    `${s.method}, ${s.sizeUm} um, ${s.cuts} x ${s.cuts}, ${s.place}`,
    `${s.slides}`,
    show(s.f1.tiled, 4),
    show(s.f1.untiled, 4),
    show(s.f1Change, 4),
    show(s.f1Noise, 4),
    show(s.disagreement.tiled, 2, 100),
    show(s.disagreement.untiled, 2, 100),
    show(s.size.tiled, 3),
    show(s.size.untiled, 3),
  ]);
  return [
    table(
      [
        'method, tiles, place',
        'slides',
        'F1 tiled',
        'F1 untiled',
        'change',
        'between two seeds',
        'other cell than untiled, %',
        'between two seeds, %',
        'size tiled / untiled',
        'between two seeds',
      ],
      rows,
    ),
    '',
    summaries.flatMap((s, i) => (s.place === 'border' ? [verdict(s, summaries[i + 1])] : [])).join(' '),
    '',
    `${provenance(cases)} Median and range over slides.`,
  ].join('\n');
}

function summarise(cases: readonly CaseResult[]): Summary[] {
  const nameOf = ({ settings }: CaseResult): string => `${settings.method} ${settings.sizeUm}`;
  return [...new Set(cases.map(nameOf))].flatMap((name) => {
    const same = cases.filter((one) => nameOf(one) === name);
    const [method, sizeUm] = [String(same[0].settings.method), Number(same[0].settings.sizeUm)];
    const figures = same.map(({ details }) => details as Record<string, SeamFigures>);
    return Object.keys(figures[0]).flatMap((cuts) =>
      (['border', 'interior'] as const).map((place) =>
        summary(
          { method, sizeUm, cuts, place },
          figures.map((one) => one[cuts][place]),
        ),
      ),
    );
  });
}

function summary(
  { method, sizeUm, cuts, place }: Pick<Summary, 'method' | 'sizeUm' | 'cuts' | 'place'>,
  slides: readonly PlaceFigures[],
): Summary {
  const over = (value: (one: PlaceFigures) => number): Spread => spread(slides.map(value));
  const noisy = slides.every(({ disagreement }) => disagreement.untiled > 0);
  return {
    method,
    sizeUm,
    cuts,
    place,
    slides: slides.length,
    f1: { tiled: over(({ f1 }) => f1.tiled), untiled: over(({ f1 }) => (f1.a + f1.b) / 2) },
    f1Change: over(({ f1 }) => f1.tiled - (f1.a + f1.b) / 2),
    f1Noise: over(({ f1 }) => Math.abs(f1.a - f1.b)),
    disagreement: {
      tiled: over(({ disagreement }) => disagreement.tiled),
      untiled: over(({ disagreement }) => disagreement.untiled),
    },
    disagreementRatio: noisy ? over(({ disagreement: d }) => d.tiled / d.untiled) : null,
    size: { tiled: over(({ size }) => size.tiled), untiled: over(({ size }) => size.untiled) },
  };
}

/** What a tiled run may lose near borders (`methods/assignment.md` 2.10): beyond that it is a seam. */
const TOLERANCE = { f1BeyondInterior: 0.01, disagreementRatio: 1.2, size: 0.02 };

/** One plain sentence about a border, whichever way it went; the interior of the same tiling is its control. */
function verdict(s: Summary, interior: Summary): string {
  const what = `\`${s.method}\` on ${s.sizeUm} um in ${s.cuts} x ${s.cuts} tiles:`;
  if (s.disagreement.tiled.most === 0) return `${what} every transcript has the same cell as untiled.`;
  if (s.disagreementRatio === null)
    return `${what} **a seam**: up to ${number(100 * s.disagreement.tiled.most, 2)} % of transcripts near borders have another cell than untiled, although two untiled seeds agree.`;
  const change = s.f1Change.median;
  const f1Holds = Math.abs(change) <= s.f1Noise.most;
  const labelsHold = s.disagreementRatio.median <= 1 + MOST_EXTRA_DISAGREEMENT;
  const f1 = `F1 near borders ${change < 0 ? 'falls' : 'rises'} by ${number(Math.abs(change), 4)} (two seeds lie up to ${number(s.f1Noise.most, 4)} apart; the change in the interior is ${number(interior.f1Change.median, 4)})`;
  const labels = `verdicts near borders differ from untiled ${number(s.disagreementRatio.median, 2)} times as often as between two untiled seeds`;
  const size = s.size.tiled.median / s.size.untiled.median;
  const tolerated =
    change - interior.f1Change.median >= -TOLERANCE.f1BeyondInterior &&
    s.disagreementRatio.median <= TOLERANCE.disagreementRatio &&
    Math.abs(size - 1) <= TOLERANCE.size;
  const outcome =
    f1Holds && labelsHold
      ? 'within the noise of two seeds'
      : tolerated
        ? 'beyond the noise of two seeds, within the tolerance'
        : '**a seam**';
  return `${what} ${outcome}: ${f1}, and ${labels}.`;
}
