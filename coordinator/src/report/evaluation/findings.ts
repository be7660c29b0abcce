import { count, percent } from '../../cli/format.ts';
import type { JudgedInput } from './judged.ts';
import { bestOf, shownScores } from './shown-scores.ts';
import { f1OfFullSquares } from './squares.ts';

/** Differences of F1 below this are called none: a slide of another seed moves it as much. */
const LEVEL = 0.005;

/** What the numbers say, in plain sentences; losses as well as wins. */
export function findingsOf(results: readonly JudgedInput[]): string[] {
  const said = [
    ...ranking(results),
    ...shares(results),
    ...wins(results),
    ...borders(results),
    ...lost(results),
  ];
  return said.length === 0 ? ['Nothing could be judged: no transcript of the truth is in any result.'] : said;
}

function ranking(results: readonly JudgedInput[]): string[] {
  const ranked = results
    .flatMap((result) => {
      const { f1 } = result.evaluation.scores;
      return f1 === null ? [] : [{ ...result, f1 }];
    })
    .sort((a, b) => b.f1 - a.f1);
  if (ranked.length === 0) return [];
  const [first, ...others] = ranked;
  if (others.length === 0) {
    const { recall, precision } = first.evaluation.scores;
    return [
      `Of 100 transcripts of cells ${hundredths(recall)} lie in their own cell, and of 100 that were put into a cell ${hundredths(precision)} belong there (F1 ${first.f1.toFixed(3)}).`,
    ];
  }
  const level = others.filter(({ f1 }) => first.f1 - f1 < LEVEL);
  const behind = others.filter(({ f1 }) => first.f1 - f1 >= LEVEL);
  const head =
    level.length === 0
      ? `Best by F1 of transcripts: ${first.name} (${first.f1.toFixed(3)})`
      : `Level by F1 of transcripts: ${list([first, ...level].map(({ name, f1 }) => `${name} (${f1.toFixed(3)})`))}`;
  const tail =
    behind.length === 0
      ? ''
      : `; behind: ${list(behind.map(({ name, f1 }) => `${name} (${f1.toFixed(3)})`))}`;
  return [`${head}${tail}.`, ...squares(first, others[0])];
}

/** In how many squares of the slide the first is ahead of the second: a difference that is everywhere is no accident. */
function squares(first: JudgedInput, second: JudgedInput): string[] {
  const [a, b] = [f1OfFullSquares(first.detail.grid), f1OfFullSquares(second.detail.grid)];
  let [ahead, judged] = [0, 0];
  for (let square = 0; square < a.length; square++) {
    if (Number.isNaN(a[square]) || Number.isNaN(b[square]) || a[square] === b[square]) continue;
    judged++;
    if (a[square] > b[square]) ahead++;
  }
  if (judged === 0) return [];
  return [
    `Squares of ${first.detail.grid.binUm} µm with the higher F1: ${count(ahead)} for ${first.name}, ${count(judged - ahead)} for ${second.name}.`,
  ];
}

function shares(results: readonly JudgedInput[]): string[] {
  const each = (score: 'leakedHome' | 'backgroundRecall'): string =>
    list(
      results.flatMap(({ name, evaluation }) => {
        const value = evaluation.scores[score];
        return value === null ? [] : [`${name} ${percent(value, 1)}`];
      }),
    );
  const [home, kept] = [each('leakedHome'), each('backgroundRecall')];
  return [
    ...(home === '' ? [] : [`Leaked transcripts brought home: ${home}.`]),
    ...(kept === '' ? [] : [`Background kept out of cells: ${kept}.`]),
    ...exclusiveMarkers(results),
  ];
}

/** Losing transcripts lowers the rate as well, hence what true cells as thin would have. */
function exclusiveMarkers(results: readonly JudgedInput[]): string[] {
  const rates = results.flatMap(({ name, evaluation: { scores } }) => {
    const { coexpression, coexpressionOfThinnedTruth: floor } = scores;
    return coexpression === null || floor === null
      ? []
      : [`${name} ${coexpression.toFixed(3)} (${floor.toFixed(3)})`];
  });
  if (rates.length === 0) return [];
  return [
    `Markers of two types in one cell, of cells with either (in brackets what true cells with as few transcripts have): ${list(rates)}.`,
  ];
}

function wins(results: readonly JudgedInput[]): string[] {
  if (results.length < 2) return [];
  const all = results.map(({ evaluation }) => evaluation.scores);
  const won = results.map(() => [] as string[]);
  let scored = 0;
  for (const { name, label, better } of shownScores(all)) {
    const best = bestOf(
      all.map((scores) => scores[name]),
      better,
    );
    if (best.length > 0) scored++;
    for (const i of best) won[i].push(label);
  }
  return results.map(({ name }, i) =>
    won[i].length === 0
      ? `Best in none of ${scored} scores: ${name}.`
      : `Best in ${won[i].length} of ${scored} scores: ${name} (${won[i].join(', ')}).`,
  );
}

function borders(results: readonly JudgedInput[]): string[] {
  return results.flatMap(({ name, evaluation: { border } }) => {
    if (border === null || border.within.f1 === null || border.away.f1 === null) return [];
    const difference = border.within.f1 - border.away.f1;
    const size = Math.abs(difference).toFixed(3);
    const how = Number(size) === 0 ? 'the same' : `${size} ${difference < 0 ? 'lower' : 'higher'}`;
    return [
      `${name}: F1 within ${border.bandUm} µm of tile borders is ${how} ${Number(size) === 0 ? 'as' : 'than'} away from them.`,
    ];
  });
}

function lost(results: readonly JudgedInput[]): string[] {
  return results.flatMap(({ name, evaluation: { conservation: c } }) =>
    c.conserved
      ? []
      : [
          `Not every transcript is accounted for in ${name}: ${count(c.missing)} missing, ${count(c.duplicated)} twice, ${count(c.unknown)} unknown.`,
        ],
  );
}

const hundredths = (share: number | null): string => (share === null ? '-' : (100 * share).toFixed(0));

/** `a`, `a and b`, `a, b and c`. */
function list(items: readonly string[]): string {
  return items.length < 2
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}
