import { amount } from '../cli/format.ts';
import { type Html, html, trusted } from './html.ts';
import type { Section } from './parts.ts';
import { gatherPictures } from './pictures.ts';
import { assignmentSection } from './sections/assignment.ts';
import { bordersSection } from './sections/borders.ts';
import { cropSection } from './sections/crop.ts';
import { distributionsSection } from './sections/distributions.ts';
import { findingsSection } from './sections/findings.ts';
import { headline } from './sections/headline.ts';
import { modelSection } from './sections/model.ts';
import { overviewSection } from './sections/overview.ts';
import { configSection, provenanceSection } from './sections/provenance.ts';
import { tilesSection } from './sections/tiles.ts';
import { timingsSection } from './sections/timings.ts';
import { vendorSection } from './sections/vendor.ts';
import type { ReportedSlide } from './slide.ts';
import { STYLE } from './style.ts';

/** The whole page of a slide. Errors: those of the elements it streams. */
export async function renderPage(slide: ReportedSlide): Promise<string> {
  const pictures = await gatherPictures(slide);
  const sections = [
    findingsSection(slide),
    overviewSection(slide, pictures),
    cropSection(slide, pictures),
    distributionsSection(slide),
    assignmentSection(slide),
    tilesSection(slide),
    bordersSection(slide),
    vendorSection(slide),
    modelSection(slide),
    timingsSection(slide),
    configSection(slide),
    provenanceSection(slide),
  ].filter((section) => section !== null);
  return document(slide, sections).text;
}

function document(slide: ReportedSlide, sections: readonly Section[]): Html {
  const { stored, name } = slide;
  const platform = [stored.platform, stored.platform_version].filter((text) => text !== null).join(', ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: spatile report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${name}</h1>
<p>${platform}; cells by <b>${stored.method}</b> in ${amount(stored.plan.tiles.length, 'tiles')}; seed ${stored.seed}; spatile ${stored.version}</p>
<nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
</header>
<main>
${headline(slide)}
${sections.map(
  ({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`,
)}</main>
<footer>Written by spatile ${stored.version}. The page needs nothing but itself: keep it, mail it, print it.</footer>
</body>
</html>
`;
}
