import { count } from '../../../cli/format.ts';
import { type Html, html } from '../../html.ts';
import { dataTable, figure, figures, type Section, swatch } from '../../parts.ts';
import { type CloseViews, viewsInRow } from '../close/gather.ts';
import { LOOKS, VERDICTS } from '../close/verdict.ts';
import { RESULT_LINE } from '../close/view.ts';

/** Single transcripts in a few squares of the slide, by what each result did with them. */
export function closeSection(close: CloseViews | null): Section | null {
  if (close === null) return null;
  const where =
    close.places === 'observed' ? 'where they were seen' : 'where they were born (no bundle was given)';
  return {
    id: 'close',
    title: 'Close views',
    body: html`<p>Grey areas are the true cells, <span class="result-line">lines</span> the outlines of the result. Transcripts lie ${where}.</p>
${key()}${close.windows.map(windowOf)}`,
  };
}

const key = (): Html =>
  html`<p class="key">${VERDICTS.map(
    (verdict) => html`<span class="entry">${glyph(verdict)}${LOOKS[verdict].meaning}</span>`,
  )}<span class="entry"><i class="line" style="background:${RESULT_LINE}"></i>outline of the result</span></p>`;

/** The mark of a verdict as it stands in the views, a little larger. */
function glyph(verdict: (typeof VERDICTS)[number]): Html {
  const { colour, shape } = LOOKS[verdict];
  const marks = {
    dot: html`<circle cx="6" cy="6" r="3.6" fill="${colour}"/>`,
    ring: html`<circle cx="6" cy="6" r="3.4" fill="none" stroke="${colour}" stroke-width="1.6"/>`,
    cross: html`<path d="M2.5 2.5l7 7m0-7l-7 7" stroke="${colour}" stroke-width="1.8"/>`,
  };
  return html`<svg class="glyph" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${marks[shape]}</svg>`;
}

function windowOf({ title, frame, views }: CloseViews['windows'][number]): Html {
  const place = `x ${Math.round(frame.x0)} to ${Math.round(frame.x1)} µm, y ${Math.round(frame.y0)} to ${Math.round(frame.y1)} µm`;
  const thinned = views[0].view.every > 1 ? ` Every ${views[0].view.every} transcripts one is drawn.` : '';
  return html`<h3>${title}</h3><p class="small">${place}.${thinned}</p>${figures(
    viewsInRow(views.length),
    views.map(({ name, f1, hasOutlines, view }) =>
      figure(
        `${name}: F1 ${f1.toFixed(3)}.`,
        view.picture,
        hasOutlines ? null : 'This result has no outlines.',
      ),
    ),
  )}${dataTable(
    ['Transcripts shown above', ...views.map(({ name }) => name)],
    VERDICTS.map((verdict) => [
      html`${swatch(LOOKS[verdict].colour)}${LOOKS[verdict].meaning}`,
      ...views.map(({ view }) => count(view.counts[verdict])),
    ]),
  )}`;
}
