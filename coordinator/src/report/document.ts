import { VERSION } from '../version.ts';
import { type Html, type HtmlValue, html, trusted } from './html.ts';
import type { Section } from './parts.ts';

export interface PageContent {
  title: string;
  style: string;
  heading: string;
  /** One line below the heading. */
  about: HtmlValue;
  /** What stands before the first section. */
  lead: Html | null;
  sections: readonly Section[];
  /** Of the program that made what the page shows. */
  version?: string;
}

/** A page that needs nothing but itself, with a link to each of its sections. */
export function document(content: PageContent): Html {
  const { title, style, heading, about, lead, sections, version = VERSION } = content;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>${heading}</h1>
<p>${about}</p>
<nav aria-label="Sections">${sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a>`)}</nav>
</header>
<main>
${lead}
${sections.map(
  ({ id, title: name, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${name}</h2>
${body}
</section>
`,
)}</main>
<footer>Written by spatile ${version}. The page needs nothing but itself: keep it, mail it, print it.</footer>
</body>
</html>
`;
}
