import * as Plot from '@observablehq/plot';
import { amount, count } from '../../cli/format.ts';
import { html } from '../html.ts';
import { factTable, figure, figures, type Section } from '../parts.ts';
import { COLOURS, draw } from '../plot.ts';
import type { ReportedSlide } from '../slide.ts';

const PHASE_COLOURS = [COLOURS.accent, COLOURS.second, COLOURS.warn, COLOURS.muted];

/** The fit on pilot tiles; null for methods without one. */
export function modelSection({ run, stored }: ReportedSlide): Section | null {
  if (run?.model == null || run.model.trace.length === 0) return null;
  const { trace, pilots, hash } = run.model;
  const phases = [...new Set(trace.map(({ phase }) => phase))];
  const first = trace[0].logLikelihood;
  const last = trace[trace.length - 1].logLikelihood;
  const plot = draw({
    describe: `Log likelihood by block of the fit, from ${first.toFixed(3)} to ${last.toFixed(3)}`,
    width: 560,
    height: 260,
    marginLeft: 60,
    x: { label: 'Block', tickFormat: 'd', interval: 1, ticks: 10 },
    y: { label: 'Log likelihood per transcript', grid: true, nice: true },
    color: { type: 'categorical', domain: phases, range: phases.map((_, i) => PHASE_COLOURS[i % 4]) },
    marks: [
      Plot.line(trace, { x: 'block', y: 'logLikelihood', stroke: COLOURS.muted }),
      Plot.dot(trace, {
        x: 'block',
        y: 'logLikelihood',
        fill: 'phase',
        r: 4,
        title: ({ block, phase, logLikelihood }) => `block ${block} (${phase}): ${logLikelihood.toFixed(4)}`,
      }),
      Plot.text(
        phases.map((phase) => trace.find((entry) => entry.phase === phase)!),
        { x: 'block', y: 'logLikelihood', text: 'phase', dy: -12, textAnchor: 'start', fill: 'currentColor' },
      ),
    ],
  });
  return {
    id: 'model',
    title: 'The fit of the model',
    body: html`<p>What holds for the whole slide was fitted once on pilot tiles and then frozen for all of them.</p>${figures(
      2,
      figure(
        'Log likelihood by block.',
        plot,
        'It should rise and then level off; a curve that still climbs asks for more blocks (assign.proseg.fit).',
      ),
      figure(
        'The fit in numbers.',
        factTable([
          ['Method', stored.method],
          ['Blocks', count(trace.length)],
          ['Pilot tiles', pilots.length === 0 ? null : amount(pilots.length, 'tiles')],
          ['Log likelihood per transcript, first and last', `${first.toFixed(4)}, ${last.toFixed(4)}`],
          ['Model', html`<code>${hash.slice(0, 16)}</code>`],
        ]),
      ),
    )}`,
  };
}
