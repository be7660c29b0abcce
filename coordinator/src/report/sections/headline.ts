import { count, percent } from '../../cli/format.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import { type ReportedSlide, total } from '../slide.ts';
import { median } from '../statistics.ts';

/** Transcripts by their fate; controls are null without the run directory of an output without cells. */
export interface Fates {
  input: number;
  filtered: Readonly<Record<string, number>>;
  controls: number;
  genes: number;
  assigned: number;
}

/** From the run if it is there, else from the Zarr itself; null when neither can tell (no cells and no run directory). */
export function fatesOf({ stored, cells, genes, run }: ReportedSlide): Fates | null {
  const { input, kept, filtered } = stored.transcripts;
  if (run !== null) {
    const { controls, genes: ofGenes, assigned } = run.transcripts;
    return { input, filtered, controls, genes: ofGenes, assigned };
  }
  if (genes.name.length === 0) return null;
  const ofGenes = total(genes.total);
  return { input, filtered, controls: kept - ofGenes, genes: ofGenes, assigned: total(cells.transcripts) };
}

/** The few numbers everybody asks for first. */
export function headline(slide: ReportedSlide): Html {
  const { stored, cells } = slide;
  const fates = fatesOf(slide);
  const tile = (value: HtmlValue, name: string, note: string): Html =>
    html`<div class="number"><b>${value}</b><span>${name}</span><small>${note}</small></div>`;
  const someCells = cells.id.length > 0;
  return html`<div class="numbers">
${tile(large(cells.id.length), 'cells', slide.run === null ? ' ' : `of ${count(slide.run.cells.prior)} in the prior segmentation`)}
${tile(fates === null ? '-' : percent(fates.assigned, fates.genes), 'transcripts assigned', fates === null ? ' ' : `${count(fates.assigned)} of ${count(fates.genes)} of genes`)}
${tile(someCells ? count(median(cells.transcripts)) : '-', 'transcripts per cell', 'median')}
${tile(someCells ? count(median(cells.genes)) : '-', 'genes per cell', 'median')}
${tile(someCells ? median(cells.areaUm2).toFixed(0) : '-', 'µm² per cell', 'median')}
${tile(large(stored.transcripts.input), 'transcripts read', `${count(stored.transcripts.kept)} kept after filters`)}
</div>`;
}

/** Full digits up to 10 million, millions above: `1,040.0 M`. */
export function large(value: number): string {
  if (value < 1e7) return count(value);
  const millions = (value / 1e6).toFixed(1);
  return `${count(Math.floor(Number(millions)))}${millions.slice(-2)} M`;
}
