import * as Plot from '@observablehq/plot';
import { resultColour } from '@spatile/coordinator/report/evaluation/colours';
import { html, trusted } from '@spatile/coordinator/report/html';
import { draw } from '@spatile/coordinator/report/plot';
import type { Spread } from '../statistics.ts';

/** One method on one kind of slide; what was not measured is undefined. */
export interface FigureRow {
  kind: string;
  method: string;
  f1: Spread | undefined;
  wallSeconds: Spread | undefined;
  peakBytes: Spread | undefined;
  /** Why there is no time, such as `> 900 s, stopped`; null when it ended well. */
  ending: string | null;
}

const INK = '#1c2430';
const MUTED = '#667085';
const LABELS_PX = 190;
const PANEL_PX = 290;
const METHOD_PX = 12;
const HEAD_PX = 34;

/** A picture for a page of Markdown: accuracy, time and memory of every method on every kind of slide, as an SVG file. */
export function methodsFigure(rows: readonly FigureRow[], methods: readonly string[]): string {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const height = 60 + kinds.length * (METHOD_PX * methods.length + 12);
  const width = LABELS_PX + 3 * PANEL_PX + 20;
  const panel = (title: string, at: number, of: (row: FigureRow) => Spread | undefined, scale: PanelScale) =>
    html`<g transform="translate(${at === 0 ? 0 : LABELS_PX + at * PANEL_PX} ${HEAD_PX})"><text x="${at === 0 ? LABELS_PX : 12}" y="4" font-weight="600">${title}</text>${drawn({ rows, methods, kinds, of, scale, title, height, isFirst: at === 0 })}</g>`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + HEAD_PX}" viewBox="0 0 ${width} ${height + HEAD_PX}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif" font-size="11" fill="${INK}" color="${INK}">
<rect width="100%" height="100%" fill="#ffffff"/>
${methods.map((method, i) => html`<g transform="translate(${12 + i * Math.floor((width - 24) / methods.length)} 14)"><circle r="4.5" cx="4" cy="0" fill="${resultColour(i)}"/><text x="13" y="4">${method}</text></g>`)}
${panel('F1 of transcripts (right is better)', 0, ({ f1 }) => f1, { type: 'linear', factor: 1 })}
${panel('Wall time, s (left is better)', 1, ({ wallSeconds }) => wallSeconds, { type: 'log', factor: 1 })}
${panel('Peak memory, MiB (left is better)', 2, ({ peakBytes }) => peakBytes, { type: 'log', factor: 2 ** -20 })}
</svg>
`.text;
}

interface PanelScale {
  type: 'linear' | 'log';
  /** From what was measured to what is shown. */
  factor: number;
}

interface Panel {
  rows: readonly FigureRow[];
  methods: readonly string[];
  kinds: readonly string[];
  of: (row: FigureRow) => Spread | undefined;
  scale: PanelScale;
  title: string;
  height: number;
  isFirst: boolean;
}

/** A dot at the median and a line over the range; rows of one kind of slide lie together. */
function drawn({ rows, methods, kinds, of, scale, title, height, isFirst }: Panel) {
  const points = rows.flatMap((row) => {
    const value = of(row);
    if (value === undefined || (scale.type === 'log' && !(value.least > 0))) return [];
    const [least, median, most] = [value.least, value.median, value.most].map((x) => x * scale.factor);
    return [{ ...row, least, median, most }];
  });
  const axis = scale.type === 'log' ? powersOfTen(points) : { nice: true, ticks: 4 };
  const endings = rows.filter((row) => of(row) === undefined && row.ending !== null && scale.type === 'log');
  const svg = draw({
    describe: title,
    width: PANEL_PX + (isFirst ? LABELS_PX : 0),
    height,
    marginTop: 10,
    marginLeft: isFirst ? LABELS_PX : 12,
    marginRight: 26,
    x: { label: null, ...axis },
    y: { domain: [...methods], axis: null },
    fy: { domain: [...kinds], axis: null, padding: 0.12 },
    marks: [
      Plot.frame({ fill: '#f7f8fa', fillOpacity: 1 }),
      Plot.gridX({ ticks: axis.ticks, stroke: '#c3cad4', strokeOpacity: 0.6 }),
      isFirst
        ? Plot.text(kinds, {
            fy: (kind: string) => kind,
            text: (kind: string) => kind,
            frameAnchor: 'left',
            textAnchor: 'end',
            dx: -8,
            lineWidth: 15,
          })
        : null,
      Plot.link(points, {
        fy: 'kind',
        x1: 'least',
        x2: 'most',
        y1: 'method',
        y2: 'method',
        stroke: (row: FigureRow) => resultColour(methods.indexOf(row.method)),
        strokeWidth: 1.5,
      }),
      Plot.dot(points, {
        fy: 'kind',
        x: 'median',
        y: 'method',
        r: 4,
        fill: (row: FigureRow) => resultColour(methods.indexOf(row.method)),
        title: (row: FigureRow & { median: number }) =>
          `${row.method}, ${row.kind}: ${row.median.toPrecision(3)}`,
      }),
      Plot.text(endings, {
        fy: 'kind',
        y: 'method',
        frameAnchor: 'right',
        textAnchor: 'end',
        dx: -4,
        text: (row: FigureRow) => `${row.method}: ${row.ending}`,
        fontSize: 9,
        fill: MUTED,
      }),
    ],
  });
  // Colours of the page that a file of its own has not.
  return trusted(svg.text.replaceAll(/var\(--[a-z]+\)/g, MUTED));
}

/** A logarithmic axis between the powers of ten around all points. */
function powersOfTen(
  points: readonly { least: number; most: number }[],
): Plot.ScaleOptions & { ticks: number[] } {
  const all = points.length === 0 ? [1] : points.flatMap(({ least, most }) => [least, most]);
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...all))));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return {
    type: 'log',
    domain: [ticks[0], ticks[ticks.length - 1]],
    ticks,
    tickFormat: (x: number) => String(x),
  };
}
