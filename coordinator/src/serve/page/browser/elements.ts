/// <reference lib="dom" />

/** An element of the page that is there. */
export const byId = <E extends Element = HTMLElement>(id: string): E =>
  document.getElementById(id) as unknown as E;

/** Fills the body of a table anew. */
export function rows<T>(
  table: string,
  items: readonly T[],
  fill: (item: T, row: HTMLTableRowElement) => void,
): void {
  const body = byId<HTMLTableElement>(table).tBodies[0];
  body.replaceChildren();
  for (const item of items) fill(item, body.insertRow());
}
