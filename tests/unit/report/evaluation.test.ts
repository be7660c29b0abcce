import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { evaluateInDetail } from '@spatile/instrument/judge/evaluate';
import { openResult } from '@spatile/instrument/judge/read/open-result';
import { loadTruth } from '@spatile/instrument/judge/truth';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  EvaluationReportInputs,
  ReportedResult,
} from '../../../coordinator/src/report/evaluation/inputs.ts';
import { writeEvaluationReport } from '../../../coordinator/src/report/evaluation/write.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
let results: ReportedResult[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-evaluation-'));
  await simulateSlide({ out: at('slide'), sizeUm: 130, genes: 80, seed: 4, images: false });
  await writeTable(at('right.csv'), (cell) => cell);
  await writeTable(at('halves.csv'), (cell, row) => (cell === 0 ? 0 : 2 * cell + (row % 2)));
  const truth = await loadTruth(at('slide.truth'));
  const judge = async (name: string, path: string): Promise<ReportedResult> => {
    const result = await openResult(path);
    return { name, result, judged: await evaluateInDetail(result, truth), counted: null };
  };
  results = [
    await judge('truth & all', at('right.csv')),
    await judge('halves', at('halves.csv')),
    await judge('<vendor>', at('slide')),
  ];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A table of the truth's transcripts with cells by their true cell and row. */
async function writeTable(path: string, put: (cell: number, row: number) => number): Promise<void> {
  const table = await openParquet(at('slide.truth/transcripts.parquet'));
  const lines = ['transcript_id,cell'];
  for await (const { columns, firstRow } of table.batches(
    [
      { name: 'transcript_id', as: 'uint64' },
      { name: 'cell', as: 'float32', scale: 1 },
    ],
    50_000,
  ))
    (columns[0] as BigUint64Array).forEach((id, i) => {
      lines.push(`${id},${put((columns[1] as Float32Array)[i], firstRow + i)}`);
    });
  await writeFile(path, lines.join('\n'));
}

async function pageOf(name: string, more: Partial<EvaluationReportInputs> = {}): Promise<string> {
  const out = at(`${name}.html`);
  const given = { slide: 'a slide', truth: at('slide.truth'), bundle: at('slide'), results };
  await writeEvaluationReport(out, { ...given, ...more });
  return readFile(out, 'utf8');
}

const sections = (page: string): string[] => [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
const documentOf = (page: string) => parseHTML(page).document;
const texts = (page: string, selector: string): string[] =>
  [...documentOf(page).querySelectorAll(selector)].map((found) =>
    (found.textContent ?? '').replace(/\s+/g, ' ').trim(),
  );
const rowsOf = (page: string, id: string): string[][] =>
  [...documentOf(page).querySelectorAll(`#${id} tr`)].map((row) =>
    [...row.querySelectorAll('th, td')].map((cell) => (cell.textContent ?? '').trim()),
  );

describe('the report of three results with truth and bundle', () => {
  let page = '';
  beforeAll(async () => {
    page = await pageOf('full');
  });

  it('has every section, and each is reachable from the top', () => {
    // None of these results was made in tiles, so there is nothing to say of borders.
    expect(sections(page)).toEqual([
      'findings',
      'scores',
      'bars',
      'area',
      'close',
      'cells',
      'types',
      'markers',
      'provenance',
    ]);
    for (const id of sections(page)) expect(page).toContain(`<a href="#${id}">`);
  });

  it('needs nothing but itself, stays small, and escapes names', () => {
    expect(page.match(/(?:\bsrc|<link[^>]*\bhref)\s*=\s*["'](?!data:|#)/)).toBe(null);
    expect(page).not.toMatch(/<script|url\(|@import/);
    expect(page).not.toContain('<vendor>');
    expect(page).toContain('&lt;vendor&gt;');
    expect(page).not.toContain(folder);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    // Three results with four windows each; nothing of it grows with the slide but the maps, by a pixel per square.
    expect(page.length).toBeLessThan(1_500_000);
  });

  it('marks the best of a row: what is all right wins where more is better', () => {
    expect(rowsOf(page, 'scores')[0]).toEqual(['', 'truth & all', 'halves', '<vendor>']);
    const [f1] = rowsOf(page, 'scores').filter(([label]) => label.startsWith('F1'));
    expect(f1.slice(0, 3)).toEqual([f1[0], '1.0000', results[1].judged!.evaluation.scores.f1!.toFixed(4)]);
    expect(f1[0]).toMatch(/↑$/);
    expect(texts(page, '#scores .best')).toContain('1.0000');
    expect(texts(page, '#findings li')[0]).toMatch(
      /^Best by F1 of transcripts: truth & all \(1\.000\); behind: /,
    );
  });

  it('shows each window once per result, with the truth drawn once', () => {
    const document = documentOf(page);
    const windows = texts(page, '#close h3');
    expect(windows[0]).toBe('The worst square');
    expect(document.querySelectorAll('#close svg.map').length).toBe(3 * windows.length);
    expect(document.querySelectorAll('#close path[id^="truth-"]').length).toBe(windows.length);
    expect(document.querySelectorAll('#close use').length).toBe(2 * windows.length);
    expect(texts(page, '#close > p')[0]).toContain('where they were seen');
    expect(texts(page, '#close figcaption').filter((text) => text.includes('no outlines')).length).toBe(
      2 * windows.length,
    );
  });

  it('counts in a window what the truth and the results say', () => {
    const tables = [...documentOf(page).querySelectorAll('#close table')];
    for (const table of tables) {
      const counts = [...table.querySelectorAll('tbody tr')].map((row) =>
        [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent?.replaceAll(',', ''))),
      );
      const [right, home, wrong, lost, taken, kept] = counts;
      // The truth itself has no error; every transcript has one verdict, whatever the result.
      expect([wrong[0], lost[0], taken[0]]).toEqual([0, 0, 0]);
      const sums = [0, 1, 2].map((k) => counts.reduce((sum, row) => sum + row[k], 0));
      expect(new Set(sums).size).toBe(1);
      expect(sums[0]).toBeGreaterThan(200);
      expect(kept[0]).toBe(taken[2] + kept[2]);
      // Halves keep one of two: of what is at home in the truth about half is in another cell.
      const share = wrong[1] / (right[0] + home[0]);
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.6);
    }
  });

  it('shows one heat map of types per result, all cells on the diagonal for the truth', () => {
    const titles = texts(page, '#types figcaption b');
    expect(titles.length).toBe(3);
    expect(texts(page, '#markers figcaption b').map((text) => text.split(':')[0])).toEqual([
      'truth & all',
      'halves',
      '<vendor>',
      'the true cells',
    ]);
  });

  it('is the same bytes again', async () => {
    expect(await pageOf('again')).toBe(page);
  });
});

describe('without the bundle', () => {
  it('transcripts lie where they were born, and the page says so', async () => {
    const page = await pageOf('born', { bundle: null, results: results.slice(0, 1) });
    expect(texts(page, '#close > p')[0]).toContain('where they were born');
    expect(texts(page, '#findings li')[0]).toMatch(/^Of 100 transcripts of cells 100 lie in their own cell/);
    // One result has no rival: nothing is marked, and no window of differences.
    expect(texts(page, '.best')).toEqual([]);
    expect(texts(page, '#close h3')).not.toContain('Where the results differ most');
  });
});

describe('without truth', () => {
  const markers = {
    cells: 90,
    pairs: 3,
    hard: 0.0123,
    soft: 0.01,
    types: ['t', 'b'],
    byTypes: Float64Array.of(Number.NaN, 0.0123, 0.0123, Number.NaN),
  };
  const counted = {
    cells: 100,
    transcripts: 2000,
    assigned: 1500,
    medianTranscripts: 12,
    medianGenes: null,
    markers,
    thinnedVendor: 0.02,
  };

  it('only counts and exclusive markers are shown', async () => {
    const real = { ...results[0], judged: null, counted };
    const page = await pageOf('real', { truth: null, results: [real] });
    expect(sections(page)).toEqual(['counts', 'markers', 'provenance']);
    const rows = rowsOf(page, 'counts');
    expect(rows).toContainEqual(['of them in a cell', '75.0 %']);
    expect(rows).toContainEqual(['median genes per cell', '-']);
    expect(rows).toContainEqual(['exclusive markers together ↓', '0.0123']);
    expect(rows).toContainEqual(["in the bundle's cells, as thinned", '0.0200']);
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it('not even markers without a list of them', async () => {
    const real = { ...results[0], judged: null, counted: { ...counted, markers: null } };
    expect(sections(await pageOf('bare', { truth: null, results: [real] }))).toEqual([
      'counts',
      'provenance',
    ]);
  });
});

it('refuses a place that cannot be written to', async () => {
  const inputs = { slide: 'a slide', truth: at('slide.truth'), bundle: null, results };
  await expect(writeEvaluationReport(at('no/such/folder.html'), inputs)).rejects.toMatchObject({
    code: 'OUTPUT_UNWRITABLE',
  });
});
