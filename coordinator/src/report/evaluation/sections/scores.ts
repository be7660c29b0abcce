import type { ListedScore } from '@spatile/instrument/judge/score-list';
import { count } from '../../../cli/format.ts';
import { type Html, html } from '../../html.ts';
import { dataTable, type Section } from '../../parts.ts';
import type { JudgedInput } from '../judged.ts';
import { bestOf, shownScores } from '../shown-scores.ts';

/** Every score of every result; the best ones are marked. */
export function scoresSection(results: readonly JudgedInput[]): Section {
  const all = results.map(({ evaluation }) => evaluation.scores);
  const rows = shownScores(all).map((score) => {
    const values = all.map((scores) => scores[score.name]);
    const best = results.length > 1 ? bestOf(values, score.better) : [];
    return [
      html`${score.label} ${direction(score)}`,
      ...values.map((value, i) => cell(value, score.isCount, best.includes(i))),
    ];
  });
  return {
    id: 'scores',
    title: 'Scores',
    body: html`${dataTable(['', ...results.map(({ name }) => name)], rows)}
<p class="small">↑ more is better, ↓ less is better; the best of a row is marked, also where the difference is small. What each score means is said in docs/evaluate.md of spatile.</p>`,
  };
}

function direction({ better }: ListedScore): Html | null {
  if (better === null) return null;
  return html`<span class="way" title="${better === 'more' ? 'more is better' : 'less is better'}">${better === 'more' ? '↑' : '↓'}</span>`;
}

function cell(value: number | null, isCount: boolean, best: boolean): Html | string {
  if (value === null) return '-';
  const text = isCount ? count(value) : value.toFixed(4);
  return best ? html`<b class="best">${text}</b>` : text;
}
