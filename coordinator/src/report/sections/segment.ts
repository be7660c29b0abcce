import { count } from '../../cli/format.ts';
import { html } from '../html.ts';
import { chooseImage, type ImageLayer, readImageLayer } from '../image-layer.ts';
import { colourKey, dataTable, factTable, figure, figures, type Section } from '../parts.ts';
import type { SegmentReport } from '../segment-data.ts';
import type { ReportedSlide } from '../slide.ts';
import { imageElement, number, pathOf, pixelUm, slideMap } from '../slide-map.ts';

const NUCLEUS = '#5b8def';
const CELL = '#ffffff';
const CROP_PX = 200;
const IN_ROW = 4;

/** How nuclei and cells were found in the image, with crops of the worst-scoring; null for a run that was given them. */
export async function segmentSection(slide: ReportedSlide): Promise<Section | null> {
  const segment = slide.run?.segment ?? null;
  if (segment === null) return null;
  const chosen = await chooseImage(slide);
  const layers: (ImageLayer | null)[] = [];
  for (const { frame } of segment.crops)
    layers.push(chosen === null ? null : await readImageLayer(chosen, frame, CROP_PX));
  const { reported, joined, cut, lost, cutByHalo } = segment.diagnostics;
  return {
    id: 'segment',
    title: 'Nuclei and cells from the image',
    body: html`${factTable([
      ['Method', segment.method],
      ['Image', `${segment.image}, worked on at ${segment.pixelSizeUm.toFixed(3)} µm per pixel`],
      ['Tiles', `${count(segment.tiles)}, with a halo of ${segment.haloUm.toFixed(0)} µm`],
      ['Found', `${count(reported - joined)} (${count(joined)} more reports of them by neighbouring tiles)`],
      ['Settled on borders', `${count(cut)} lost pixels to a surer neighbour, ${count(lost)} of them all`],
      ['Cut by the halo', count(cutByHalo)],
    ])}${dataTable(
      ['Outline by', 'Cells'],
      Object.entries(segment.cells).map(([method, cells]) => [method, count(cells)]),
    )}${dataTable(
      ['Channel', 'Black', 'White'],
      segment.channels.map(({ name, low, high }) => [name, low.toPrecision(4), high.toPrecision(4)]),
    )}${figures(
      IN_ROW,
      segment.crops.map((crop, i) => cropFigure(crop, layers[i], i)),
    )}${colourKey([
      [NUCLEUS, 'nucleus'],
      [CELL, 'cell as the image gives it (before transcripts)'],
    ])}`,
  };
}

function cropFigure(
  { id, score, worst, frame, nuclei, cells }: SegmentReport['crops'][number],
  layer: ImageLayer | null,
  i: number,
) {
  const px = pixelUm(frame, IN_ROW);
  const outline = (rings: number[][], colour: string) =>
    html`<path d="${pathOf(rings.map((ring) => [Float64Array.from(ring)]))}" fill="none" stroke="${colour}" stroke-width="${number(1.2 * px)}" stroke-linejoin="round"/>`;
  return figure(
    worst ? `Worst score ${i + 1}.` : 'A usual one.',
    slideMap(
      frame,
      `Image around prior cell ${id} with outlines of nuclei and cells`,
      html`${layer === null ? null : imageElement(layer, `segment-${i}`)}${outline(cells, CELL)}${outline(nuclei, NUCLEUS)}`,
      IN_ROW,
    ),
    `Prior cell ${id}, score ${score.toFixed(2)}, in the middle.`,
  );
}
