import { amount } from '../cli/format.ts';
import { readCorrections } from './corrections.ts';
import { document } from './document.ts';
import { html } from './html.ts';
import { gatherPictures, type Pictures } from './pictures.ts';
import { assignmentSection } from './sections/assignment.ts';
import { bordersSection } from './sections/borders.ts';
import { correctionsSection } from './sections/corrections.ts';
import { cropSection } from './sections/crop.ts';
import { distributionsSection } from './sections/distributions.ts';
import { findingsSection } from './sections/findings.ts';
import { headline } from './sections/headline.ts';
import { mixingSection } from './sections/mixing.ts';
import { modelSection } from './sections/model.ts';
import { overviewSection } from './sections/overview.ts';
import { configSection, provenanceSection } from './sections/provenance.ts';
import { segmentSection } from './sections/segment.ts';
import { tilesSection } from './sections/tiles.ts';
import { timingsSection } from './sections/timings.ts';
import { vendorSection } from './sections/vendor.ts';
import type { ReportedSlide } from './slide.ts';
import { STYLE } from './style.ts';

/** The whole page of a slide; `drawn`: its pictures, where they are there already. Errors: those of the elements it streams. */
export async function renderPage(slide: ReportedSlide, drawn?: Pictures): Promise<string> {
  const pictures = drawn ?? (await gatherPictures(slide));
  const sections = [
    findingsSection(slide),
    await segmentSection(slide),
    overviewSection(slide, pictures),
    cropSection(slide, pictures),
    distributionsSection(slide),
    assignmentSection(slide),
    tilesSection(slide),
    bordersSection(slide),
    vendorSection(slide),
    correctionsSection(slide.genes.name, await readCorrections(slide.zarr)),
    mixingSection(slide, pictures),
    modelSection(slide),
    timingsSection(slide),
    configSection(slide),
    provenanceSection(slide),
  ].filter((section) => section !== null);
  const { stored, name } = slide;
  const platform = [stored.platform, stored.platform_version].filter((text) => text !== null).join(', ');
  return document({
    title: `${name}: spatile report`,
    style: STYLE,
    heading: name,
    about: html`${platform}; cells by <b>${stored.method}</b> in ${amount(stored.plan.tiles.length, 'tiles')}; seed ${stored.seed}; spatile ${stored.version}`,
    lead: headline(slide),
    sections,
    version: stored.version,
  }).text;
}
