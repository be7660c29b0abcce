import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, trusted, withoutControls } from './html.ts';

/** Plots by Observable Plot, drawn into a document without a browser. Colours are the page's own CSS variables. */

export const COLOURS = {
  accent: 'var(--accent)',
  second: 'var(--second)',
  muted: 'var(--muted)',
  faint: 'var(--faint)',
  warn: 'var(--warn)',
} as const;

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** What the page says about a plot to people who cannot see it, beside Plot's own options. */
export type DrawOptions = Plot.PlotOptions & { describe: string };

/** Draws a plot as inline SVG. The page styles it, so Plot's own style sheet is dropped. */
export function draw({ describe, ...options }: DrawOptions): Html {
  const svg = Plot.plot({
    width: 440,
    height: 250,
    marginLeft: 52,
    marginBottom: 40,
    className: 'plot',
    ...options,
    document: document as unknown as Plot.PlotOptions['document'],
  }) as unknown as {
    outerHTML: string;
    querySelector: (selector: string) => { remove: () => void } | null;
    setAttribute: (name: string, value: string) => void;
  };
  svg.querySelector('style')?.remove();
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', describe.replace(/[<>&"]/g, ' '));
  return trusted(withoutControls(svg.outerHTML));
}
