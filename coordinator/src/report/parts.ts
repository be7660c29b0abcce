import { type Html, type HtmlValue, html } from './html.ts';

/** Pieces that all sections are made of. */

export interface Section {
  /** Anchor in the page. */
  id: string;
  title: string;
  body: Html;
}

/** A picture with its caption; `title` is the sentence a reader takes away without reading on. */
export function figure(title: string, picture: Html, caption: HtmlValue = null, wide = false): Html {
  return html`<figure class="${wide ? 'wide' : 'narrow'}"><figcaption><b>${title}</b>${
    caption === null ? null : html` <span>${caption}</span>`
  }</figcaption>${picture}</figure>`;
}

/** Figures beside each other, at most so many in a row and fewer where there is no room. */
export function figures(inRow: 2 | 3 | 4, ...content: HtmlValue[]): Html {
  return html`<div class="figures in-row-${inRow}">${content}</div>`;
}

/** Names and values; rows without a value are left out. */
export function factTable(rows: readonly (readonly [string, HtmlValue])[]): Html {
  return html`<table class="facts"><tbody>${rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>`;
}

/** A table with a head; the first column names the row, numbers are aligned right. */
export function dataTable(head: readonly string[], rows: readonly (readonly HtmlValue[])[]): Html {
  return html`<div class="scroll"><table class="data"><thead><tr>${head.map(
    (name) => html`<th scope="col">${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((value) => html`<td>${value}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** A small square of a colour, for the keys of pictures. */
export function swatch(colour: string): Html {
  return html`<i class="swatch" style="background:${colour}"></i>`;
}

/** The key of a colour ramp: `low` and `high` are the texts at its ends, `what` is what they measure. */
export function rampKey(colours: readonly string[], what: string | null, low: string, high: string): Html {
  const stops = colours.filter((_, i) => i % Math.ceil(colours.length / 16) === 0).join(',');
  return html`<p class="key">${what} <span>${low}</span><i class="ramp" style="background:linear-gradient(to right,${stops})"></i><span>${high}</span></p>`;
}

/** The key of colours that stand for kinds. */
export function colourKey(entries: readonly (readonly [colour: string, meaning: string])[]): Html {
  return html`<p class="key">${entries.map(
    ([colour, meaning]) => html`<span class="entry">${swatch(colour)}${meaning}</span>`,
  )}</p>`;
}
