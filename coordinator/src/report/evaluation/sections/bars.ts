import * as Plot from '@observablehq/plot';
import type { ListedScore } from '@spatile/instrument/judge/score-list';
import { type Html, html } from '../../html.ts';
import { colourKey, figure, figures, type Section } from '../../parts.ts';
import { COLOURS, draw } from '../../plot.ts';
import { resultColour } from '../colours.ts';
import type { JudgedInput } from '../judged.ts';
import { shownScores } from '../shown-scores.ts';

/** The scores as bars, those where more is better apart from those where less is. */
export function barsSection(results: readonly JudgedInput[]): Section {
  const scores = shownScores(results.map(({ evaluation }) => evaluation.scores));
  const more = scores.filter(({ better }) => better === 'more');
  const less = scores.filter(({ better }) => better === 'less');
  // Two columns of about the same height.
  const left = Math.ceil((more.length + less.length) / 2);
  const figureOf = (better: string, shown: readonly ListedScore[]): Html | null =>
    shown.length === 0 ? null : figure(`${better} is better.`, bars(shown, results, better));
  return {
    id: 'bars',
    title: 'Side by side',
    body: html`${colourKey(results.map(({ name }, i) => [resultColour(i), name]))}${figures(
      2,
      figureOf('More', more.slice(0, left)),
      html`<div>${figureOf('More', more.slice(left))}${figureOf('Less', less)}</div>`,
    )}`,
  };
}

function bars(shown: readonly ListedScore[], results: readonly JudgedInput[], better: string): Html {
  const values = shown.flatMap(({ name, label }) =>
    results.flatMap(({ name: result, evaluation }, i) => {
      const value = evaluation.scores[name];
      return value === null
        ? []
        : [{ label, result, value: Math.max(0, value), text: value.toFixed(3), nth: i }];
    }),
  );
  const most = Math.max(...values.map(({ value }) => value));
  return draw({
    describe: `Bars of scores by result; ${better} is better`,
    width: 560,
    height: 30 + shown.length * (16 + 13 * results.length),
    marginLeft: 190,
    marginRight: 40,
    marginTop: 4,
    x: { domain: [0, better === 'More' ? 1 : most * 1.1 || 1], label: null, grid: true },
    fy: { domain: shown.map(({ label }) => label), label: null, axis: null, padding: 0.18 },
    y: { domain: results.map(({ name }) => name), axis: null, padding: 0.12 },
    marks: [
      Plot.text(shown, {
        fy: 'label',
        text: 'label',
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -8,
        lineWidth: 16,
        fontSize: 11,
      }),
      Plot.barX(values, {
        fy: 'label',
        y: 'result',
        x: 'value',
        fill: ({ nth }) => resultColour(nth),
        title: ({ result, label, text }) => `${result}: ${label} ${text}`,
      }),
      Plot.text(values, {
        fy: 'label',
        y: 'result',
        x: 'value',
        text: 'text',
        dx: 4,
        textAnchor: 'start',
        fontSize: 10,
      }),
      Plot.ruleX([0], { stroke: COLOURS.muted }),
    ],
  });
}
