import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../../coordinator/src/report/report.ts';
import { numbersOf, runData, type SlideSpec, SMALL, writeRun, writeStore } from './report-store.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-report-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a slide, its run when `withRun`, and the report; gives the page. */
async function reportOf(name: string, spec: SlideSpec, withRun: boolean, image = false): Promise<string> {
  const zarr = join(folder, `${name}.zarr`);
  await writeStore(zarr, image ? { ...spec, imageFile: join(folder, `${name}.tif`) } : spec);
  if (withRun) await writeRun(join(folder, `${name}.run`), runData(spec));
  const out = join(folder, `${name}.html`);
  await writeReport({ zarr, runDirectory: null, out });
  return readFile(out, 'utf8');
}

const withoutPictures = (page: string): string => page.replace(/data:image\/png;base64,[\w+/=]*/g, '');
const sectionsOf = (page: string): string[] =>
  [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
const textOf = (page: string, id: string): string =>
  (parseHTML(page).document.getElementById(id)?.textContent ?? '').replace(/\s+/g, ' ');

describe('the report of a slide with its run and an image', () => {
  const numbers = numbersOf(SMALL);
  let page = '';
  beforeAll(async () => {
    page = await reportOf('full', SMALL, true, true);
  });

  it('has every section in order, and each is reachable from the top', () => {
    const sections = sectionsOf(page);
    expect(sections).toEqual([
      'findings',
      'overview',
      'crop',
      'cells',
      'assignment',
      'tiles',
      'borders',
      'vendor',
      'mixing',
      'model',
      'time',
      'configuration',
      'provenance',
    ]);
    for (const id of sections) expect(page.includes(`<a href="#${id}">`)).toBe(true);
  });

  it('begins with the numbers of the run', () => {
    const { document } = parseHTML(page);
    const tiles = [...document.querySelectorAll('.number')].map(
      (tile) => tile.querySelector('b')?.textContent,
    );
    const share = `${((100 * numbers.assigned) / numbers.genes).toFixed(1)} %`;
    expect(tiles).toEqual([
      String(numbers.cells),
      share,
      '53',
      '12',
      '47',
      (numbers.genes + numbers.controls + numbers.lowQuality).toLocaleString('en-US'),
    ]);
    expect(document.querySelector('header')?.textContent).toContain(
      'cells by proseg in 4 tiles; seed 5; spatile 9.8.7',
    );
  });

  it('shows warnings before remarks', () => {
    expect(textOf(page, 'findings')).toMatch(/a warning of the run.*SOME_WARNING.*a remark of the run/);
  });

  it('counts every transcript of the input once', () => {
    const rows = [...parseHTML(page).document.querySelectorAll('#assignment figure.wide tbody tr')].map(
      (row) => [
        row.querySelector('th')?.textContent,
        Number(row.querySelector('td')?.textContent?.replace(',', '')),
      ],
    );
    expect(rows).toEqual([
      ['assigned to a cell', numbers.assigned],
      ['background', 40],
      ['controls', 3],
      ['left out: low quality', 17],
    ]);
  });

  it('maps cells, image and transcripts', () => {
    const { document } = parseHTML(page);
    expect(document.querySelectorAll('#crop path title').length).toBeGreaterThan(50);
    expect(document.querySelectorAll('#slide-image, #crop-image').length).toBe(2);
    const dots = [...document.querySelectorAll('#crop path[stroke]')].map(
      (path) => path.getAttribute('d') ?? '',
    );
    expect(dots.join('').match(/h0/g)?.length).toBeGreaterThan(500);
    const cells = document.getElementById('slide-cells');
    const png = decode(Buffer.from(cells?.getAttribute('href')?.split(',')[1] ?? '', 'base64'));
    expect([png.width / png.height, png.channels]).toEqual([expect.closeTo(200 / 150, 1), 1]);
    // Octagons of 8 um in squares of 10 um cover some half of the picture.
    const covered = (png.data as Uint8Array).filter((index) => index > 0).length / png.data.length;
    expect(covered).toBeGreaterThan(0.4);
    expect(covered).toBeLessThan(0.6);
  });

  it('names tiles with their values to point at', () => {
    const titles = [...parseHTML(page).document.querySelectorAll('#tiles rect title')].map(
      (title) => title.textContent,
    );
    expect(titles).toContain('t0002: 4.0 s');
    expect(titles).toContain('t0003: 1,003');
    expect(titles).toContain('t0001: 0.820');
    expect(titles).toContain('t0000: 70.0 %');
  });

  it('tells that cells near borders are like the others', () => {
    expect(textOf(page, 'borders')).toContain(
      'No seam: cells near borders between tiles are like the others.',
    );
    expect(textOf(page, 'borders')).toContain('sampled 4 strips again in 2 phases');
  });

  it('compares with the bundle, shows the fit and groups steps', () => {
    expect(textOf(page, 'vendor')).toContain(
      '90.0 % of the transcripts that both assign go to the same cell',
    );
    expect(textOf(page, 'model')).toContain('-5.5000, -4.2500');
    expect(textOf(page, 'time')).toContain('assign fit (2)');
    expect(textOf(page, 'time')).toContain('103.0 MiB');
    expect(textOf(page, 'provenance')).toContain('abababababababab');
    expect(textOf(page, 'configuration')).toContain('method: proseg');
  });

  it('needs nothing from outside and runs no script', () => {
    const { document } = parseHTML(page);
    expect(document.querySelectorAll('script, link, iframe, object, embed, img').length).toBe(0);
    for (const element of document.querySelectorAll('[href], [src]'))
      expect(element.getAttribute('href') ?? '').toMatch(/^(#|data:image\/png;base64,)/);
    expect(/https?:|url\(|@import/.exec(page)).toBe(null);
  });

  it('describes every picture to people who cannot see it', () => {
    const { document } = parseHTML(page);
    for (const svg of document.querySelectorAll('svg')) {
      expect(svg.getAttribute('role')).toBe('img');
      expect((svg.getAttribute('aria-label') ?? '').length).toBeGreaterThan(15);
    }
    expect(document.querySelectorAll('svg').length).toBeGreaterThan(15);
  });

  it('has unique ids and balanced markup', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBe(new Set(ids).size);
    for (const tag of ['section', 'figure', 'svg', 'table', 'div', 'g', 'title'])
      expect([tag, page.match(new RegExp(`<${tag}[\\s>]`, 'g'))?.length]).toEqual([
        tag,
        page.match(new RegExp(`</${tag}>`, 'g'))?.length,
      ]);
  });

  it('is written again with the same bytes, wherever it goes', async () => {
    const out = join(folder, 'again.html');
    await writeReport({ zarr: join(folder, 'full.zarr'), runDirectory: join(folder, 'full.run'), out });
    expect((await readFile(out, 'utf8')) === page).toBe(true);
    expect(page.includes(folder)).toBe(false);
  });
});

it('without a run directory says what is left out and shows the rest', async () => {
  const page = await reportOf('alone', SMALL, false);
  expect(sectionsOf(page)).toEqual([
    'findings',
    'overview',
    'crop',
    'cells',
    'assignment',
    'borders',
    'vendor',
    'configuration',
    'provenance',
  ]);
  expect(textOf(page, 'findings')).toContain('The run directory was not found');
  expect(parseHTML(page).document.querySelector('h1')?.textContent).toBe('alone');
  // Controls are what was kept and is no gene.
  expect(textOf(page, 'assignment')).toMatch(/controls3/);
});

it('of a slide without cells still has what is known', async () => {
  const page = await reportOf('empty', { ...SMALL, columns: 0 }, true);
  expect(textOf(page, 'overview')).toContain('No cell was written.');
  expect(textOf(page, 'assignment')).toContain('0.0 % of the transcripts of genes were assigned');
  expect(sectionsOf(page)).not.toContain('crop');
  const alone = await reportOf('empty-alone', { ...SMALL, columns: 0 }, false);
  expect(sectionsOf(alone)).toEqual(['findings', 'overview', 'borders', 'configuration', 'provenance']);
});

it('of a single cell is drawn', async () => {
  const page = await reportOf('single', { ...SMALL, columns: 1, rows: 1 }, true);
  expect(textOf(page, 'borders')).toContain('Too few cells to compare: 1 nearer than 30 µm');
  expect(/NaN|Infinity|undefined/.exec(withoutPictures(page))).toBe(null);
});

it('escapes whatever comes from the input', async () => {
  const evil = `<script>alert("x")</script><img src=x onerror='y'>&amp;]]>`;
  const spec = {
    ...SMALL,
    genes: [evil, `a"b'c<d>&`, '</title></style>', 'Gene\u0001'],
    bundleName: evil,
    inputName: evil,
  };
  const zarr = join(folder, 'evil.zarr');
  await writeStore(zarr, spec);
  const data = runData(spec);
  data.findings.push({ level: 'warning', code: evil, message: evil });
  data.tiles[0].id = evil;
  data.steps.push({ step: evil, seconds: 1, coordinatorRssBytes: 1 });
  data.model!.trace[0].phase = evil;
  await writeRun(join(folder, 'evil.run'), data);
  const out = join(folder, 'evil.html');
  await writeReport({ zarr, runDirectory: null, out });
  const page = await readFile(out, 'utf8');
  const { document } = parseHTML(page);
  expect(document.querySelectorAll('script, img').length).toBe(0);
  expect(document.querySelector('h1')?.textContent).toBe(evil);
  expect(document.querySelector('#findings li:nth-child(2)')?.textContent).toContain(evil);
  expect(document.querySelectorAll('style').length).toBe(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no such character may be left
  expect(/[\u0000-\u0008]/.test(page)).toBe(false);
  const titles = [...document.querySelectorAll('#assignment circle title')].map((title) => title.textContent);
  expect(titles.some((title) => title?.startsWith(`a"b'c<d>&: `))).toBe(true);
  // Raw text, too: linkedom might forgive what a browser does not.
  expect(/<(script|img)\b/i.test(withoutPictures(page))).toBe(false);
});

it('of 50,000 cells stays small', { timeout: 60_000 }, async () => {
  const spec = {
    ...SMALL,
    columns: 250,
    rows: 200,
    perCell: (cell: number) => 3 + (((cell * 7919) % 1009) % 40),
  };
  const page = await reportOf('large', spec, true);
  expect(page.length).toBeLessThan(4_000_000);
  expect(textOf(page, 'overview')).toContain('50,000 cells on 2.5 by 2.0 mm');
});

describe('errors', () => {
  it('a Zarr that is not there', async () => {
    const zarr = join(folder, 'nowhere.zarr');
    await expect(
      writeReport({ zarr, runDirectory: null, out: join(folder, 'x.html') }),
    ).rejects.toMatchObject({
      code: 'INPUT_MISSING',
    });
    expect(await readdir(folder)).not.toContain('x.html');
  });

  it('a Zarr that spatile did not write', async () => {
    const zarr = join(folder, 'foreign.zarr');
    await mkdir(zarr);
    await writeFile(
      join(zarr, 'zarr.json'),
      JSON.stringify({
        zarr_format: 3,
        node_type: 'group',
        attributes: { spatialdata_attrs: { version: '0.2' } },
      }),
    );
    await expect(
      writeReport({ zarr, runDirectory: null, out: join(folder, 'x.html') }),
    ).rejects.toMatchObject({
      code: 'STORE_INVALID',
      message: expect.stringMatching(/foreign\.zarr.*attributes of spatile.*; expected .*; check/),
    });
  });

  it.each([
    ['not JSON', '{', /not valid JSON/],
    ['not what a run writes', '{"version":"1"}', /name is not as expected/],
    ['of another type', '[]', /the whole is not as expected/],
  ])('report data that is %s', async (name, text, message) => {
    const runDirectory = join(folder, `${name}.run`);
    await mkdir(runDirectory);
    await writeFile(join(runDirectory, 'report.json'), text);
    await writeStore(join(folder, `${name}.zarr`), { ...SMALL, columns: 1, rows: 1 });
    const options = { zarr: join(folder, `${name}.zarr`), runDirectory, out: join(folder, 'x.html') };
    await expect(writeReport(options)).rejects.toMatchObject({
      code: 'RUN_CORRUPT',
      message: expect.stringMatching(message),
    });
  });

  it('a place that cannot be written, leaving nothing behind', async () => {
    await writeStore(join(folder, 'fine.zarr'), { ...SMALL, columns: 1, rows: 1 });
    const options = { zarr: join(folder, 'fine.zarr'), runDirectory: null };
    await expect(writeReport({ ...options, out: join(folder, 'none', 'x.html') })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('ENOENT'),
    });
    await mkdir(join(folder, 'taken.html'));
    await expect(writeReport({ ...options, out: join(folder, 'taken.html') })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});
