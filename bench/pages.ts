import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Bench } from './bench.ts';
import type { CaseResult } from './results.ts';

/** A Markdown table; the first columns, of text, left, and the others, of numbers, right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = line(head.map((_, i) => (i < textColumns ? '---' : '---:')));
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** The machines and commits behind some results, as one line. */
export function provenance(cases: readonly CaseResult[]): string {
  const machines = new Set(
    cases.map(
      ({ machine: m }) => `${m.cpu}, ${m.cores} cores, ${m.memoryGiB} GiB, Node ${m.node} on ${m.platform}`,
    ),
  );
  const commits = new Set(cases.map(({ commit }) => commit));
  return `Measured on ${[...machines].join('; ')}; commit ${[...commits].join(', ')}.`;
}

/** Puts what a bench found between its markers on its pages, and writes its figures. */
export function publish(bench: Bench, cases: readonly CaseResult[]): void {
  if (cases.length === 0) return;
  for (const { file, render } of bench.figures ?? []) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, render(cases));
  }
  for (const { page, render } of bench.pages) {
    if (!existsSync(page)) throw new Error(`${page}: the page with the markers of ${bench.name} is missing`);
    writeFileSync(page, filled(readFileSync(page, 'utf8'), page, bench.name, render(cases)));
  }
}

/** A page with new text between the markers of a bench. */
export function filled(text: string, page: string, name: string, between: string): string {
  const markers = new RegExp(`(<!-- bench ${name} -->\n).*(<!-- end of bench ${name} -->)`, 's');
  if (!markers.test(text)) throw new Error(`${page}: the markers of ${name} are missing`);
  return text.replace(markers, (_, open, close) => `${open}\n${between}\n\n${close}`);
}
