import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { openParquet } from '@spatile/formats/parquet/file';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { evaluateResult } from '@spatile/instrument/judge/evaluate';
import { loadTruth, type Truth } from '@spatile/instrument/judge/truth';
import type { SimulateOptions } from '@spatile/instrument/simulate/options';
import { type SimulateSummary, simulateSlide } from '@spatile/instrument/simulate/simulate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function filesUnder(path: string): string[] {
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const child = join(path, name);
      return statSync(child).isDirectory() ? filesUnder(child) : [child];
    });
}

function digests(path: string): Record<string, string> {
  const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  return Object.fromEntries(filesUnder(path).map((file) => [relative(path, file), digest(file)]));
}

const small: Omit<SimulateOptions, 'out'> = { sizeUm: 200, genes: 60, seed: 5 };

describe('a slide of 200 um', () => {
  const out = join(folder, 'first');
  let summary: SimulateSummary;
  let truth: Truth;
  beforeAll(async () => {
    summary = await simulateSlide({ ...small, out });
    truth = await loadTruth(summary.truth);
  });

  it('has the files of a Xenium bundle, and the truth beside it', () => {
    expect(filesUnder(out).map((file) => relative(out, file))).toEqual([
      'cell_boundaries.parquet',
      'cell_feature_matrix.h5',
      'cells.parquet',
      'experiment.xenium',
      'gene_panel.json',
      'metrics_summary.csv',
      ...[0, 1, 2, 3].map((k) => join('morphology_focus', `morphology_focus_000${k}.ome.tif`)),
      'nucleus_boundaries.parquet',
      'transcripts.parquet',
    ]);
    expect(summary.truth).toBe(`${out}.truth`);
    expect(JSON.parse(readFileSync(join(out, 'experiment.xenium'), 'utf8'))).toMatchObject({
      pixel_size: 0.2125,
      num_cells: summary.vendorCells,
    });
  });

  it('opens as a Xenium bundle with genes, controls, both priors and an image', async () => {
    const bundle = await openBundle(out, defaultConfig().input);
    expect(bundle).toMatchObject({ platform: 'xenium', pixelSizeUm: 0.2125 });
    expect(bundle.findings.filter(({ level }) => level === 'warning')).toEqual([]);
    expect(bundle.priors.map(({ kind }) => kind).sort()).toEqual(['cell', 'nucleus']);
    expect(bundle.images).toMatchObject([
      {
        channels: ['DAPI', 'ATP1A1/CD45/E-Cadherin', '18S', 'AlphaSMA/Vimentin'],
        widthPx: 942,
        heightPx: 942,
      },
    ]);
    let [rows, nuclei, outlines] = [0, 0, 0];
    for await (const batch of bundle.transcripts.batches()) rows += batch.length;
    for await (const { rings } of bundle.priors.find(({ kind }) => kind === 'nucleus')!.outlines()) {
      outlines++;
      nuclei += rings.length;
    }
    expect(rows).toBe(summary.transcripts);
    expect([outlines, nuclei]).toEqual([summary.vendorCells, summary.vendorCells]);
    const { features } = bundle.transcripts;
    expect(features.filter(({ kind }) => kind === 'gene')).toHaveLength(60);
    const kinds = new Set(features.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([
      'gene',
      'negative_control_codeword',
      'negative_control_probe',
      'unassigned_codeword',
    ]);
  });

  it('gives the same bytes for the same seed and others for another seed', async () => {
    const again = await simulateSlide({ ...small, out: join(folder, 'again') });
    expect(digests(again.out)).toEqual(digests(out));
    expect(digests(again.truth)).toEqual(digests(summary.truth));
    const other = await simulateSlide({ ...small, seed: 6, out: join(folder, 'other') });
    const [first, second] = [digests(out), digests(other.out)];
    for (const name of Object.keys(first)) {
      if (name !== 'gene_panel.json') expect(second[name], name).not.toBe(first[name]);
    }
  });

  it('gives these bytes on every engine, and in every version until it is meant to change', async () => {
    const { out, truth } = await simulateSlide({
      ...{ out: join(folder, 'golden'), sizeUm: 60, genes: 40, seed: 9, preset: 'crowded', images: false },
    });
    const of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
    expect([out, truth].map((at) => of(join(at, 'transcripts.parquet')))).toEqual([
      '3ec95849cec71b16',
      'de93f25f974cb807',
    ]);
  });

  it('holds what it was asked for: shares of background, leaks and poor calls', () => {
    const fromCells = truth.cell.filter((cell) => cell > 0).length;
    const share = (n: number) => n / truth.ids.size;
    expect(truth.ids.size).toBe(summary.transcripts);
    expect(fromCells / summary.cells).toBeGreaterThan(110);
    expect(fromCells / summary.cells).toBeLessThan(200);
    expect(share(truth.ids.size - fromCells)).toBeGreaterThan(0.03);
    expect(share(truth.ids.size - fromCells)).toBeLessThan(0.09);
    expect(share(truth.qv.filter((qv) => qv < 20).length)).toBeCloseTo(0.1, 1);
    expect(share(truth.feature.filter((feature) => feature >= 60).length)).toBeGreaterThan(0.001);
    const leaked = truth.leaked.reduce((sum, flag) => sum + flag, 0) / fromCells;
    expect(leaked).toBeGreaterThan(0.06);
    expect(leaked).toBeLessThan(0.15);
  });

  it('keeps markers out of other types where the call is good', () => {
    let [markers, foreign] = [0, 0];
    truth.cell.forEach((cell, row) => {
      const marker = truth.markerAt[truth.feature[row]];
      if (cell === 0 || marker < 0 || truth.qv[row] < 20) return;
      markers++;
      if (truth.markerTypes[marker] !== truth.typeOf[cell - 1]) foreign++;
    });
    expect(markers).toBeGreaterThan(1000);
    expect(foreign).toBe(0);
  });

  it('does not tell by the order of rows or ids which transcripts share a cell', () => {
    let neighbours = 0;
    for (let row = 1; row < truth.cell.length; row++) {
      if (truth.cell[row] > 0 && truth.cell[row] === truth.cell[row - 1]) neighbours++;
    }
    expect(neighbours / truth.cell.length).toBeLessThan(0.03);
  });

  it('counts in cells.parquet what transcripts.parquet assigns at qv 20', async () => {
    const ids = new TextTable();
    const kinds = new TextTable();
    const counts = new Map<string, number>();
    const transcripts = await openParquet(join(out, 'transcripts.parquet'));
    const wanted = [
      { name: 'cell_id', as: 'code', table: ids },
      { name: 'codeword_category', as: 'code', table: kinds },
      { name: 'qv', as: 'float32', scale: 1 },
    ] as const;
    for await (const { length, columns } of transcripts.batches(wanted, 50_000)) {
      for (let i = 0; i < length; i++) {
        if (columns[2][i] < 20 || kinds.names[Number(columns[1][i])] !== 'predesigned_gene') continue;
        const id = ids.names[Number(columns[0][i])];
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    counts.delete('UNASSIGNED');
    const cells = await openParquet(join(out, 'cells.parquet'));
    const names = new TextTable();
    const stored = new Map<string, number>();
    const columnsOfCells = [
      { name: 'cell_id', as: 'code', table: names },
      { name: 'transcript_counts', as: 'float32', scale: 1 },
    ] as const;
    for await (const { length, columns } of cells.batches(columnsOfCells, 50_000)) {
      for (let i = 0; i < length; i++) stored.set(names.names[Number(columns[0][i])], Number(columns[1][i]));
    }
    expect(stored.size).toBe(summary.vendorCells);
    for (const [id, n] of stored) expect(counts.get(id) ?? 0, id).toBe(n);
    expect([...counts.keys()].every((id) => stored.has(id))).toBe(true);
  });

  it('gives the vendor cells a fair score, neither perfect nor poor', async () => {
    const { conservation, scores } = await evaluateResult(out, summary.truth);
    expect(conservation.conserved).toBe(true);
    expect(scores.f1!).toBeGreaterThan(0.55);
    expect(scores.f1!).toBeLessThan(0.9);
    expect(scores.splitRate!).toBeGreaterThan(0);
  });

  it('is the truth when read as a table with transcript_id and cell', async () => {
    const { scores, conservation } = await evaluateResult(
      join(summary.truth, 'transcripts.parquet'),
      summary.truth,
    );
    expect(conservation.conserved).toBe(true);
    expect(scores).toMatchObject({ f1: 1, ari: 1, detection: 1, leakedHome: 1, backgroundRecall: 1 });
  });

  it('is also judged from a CSV table', async () => {
    const csv = join(folder, 'cells.csv');
    const rows = Array.from({ length: 1000 }, (_, row) => `${(1n << 48n) + BigInt(row)},cell-${row % 7}`);
    writeFileSync(csv, `transcript_id,cell\n${rows.join('\n')}\n`);
    const { conservation, cells } = await evaluateResult(csv, summary.truth);
    expect(conservation.unknown).toBe(0);
    expect(conservation.once + conservation.belowQuality).toBe(1000);
    expect(cells.predicted).toBe(7);
  });
});

describe('presets and options', () => {
  it('differ as their names say', async () => {
    const run = (preset: SimulateOptions['preset']) =>
      simulateSlide({ ...small, images: false, preset, out: join(folder, `preset-${preset}`) });
    const plain = await run('default');
    const crowded = await run('crowded');
    const sparse = await run('sparse');
    const leaky = await run('leaky');
    expect(crowded.cells).toBeGreaterThan(1.5 * plain.cells);
    expect(sparse.transcripts / sparse.cells).toBeLessThan(0.5 * (plain.transcripts / plain.cells));
    const leaks = async ({ truth }: SimulateSummary) => {
      const { leaked, cell } = await loadTruth(truth);
      return leaked.reduce((sum, flag) => sum + flag, 0) / cell.filter((c) => c > 0).length;
    };
    expect(await leaks(leaky)).toBeGreaterThan(1.7 * (await leaks(plain)));
  });

  it.each([
    [
      { sizeUm: 5 },
      'simulate: sizeUm is out of range (5); expected a number from 30 to 20000; change sizeUm',
    ],
    [
      { genes: 2.5 },
      'simulate: genes is out of range (2.5); expected an integer from 16 to 40000; change genes',
    ],
    [{ seed: Number.NaN }, /seed is out of range/],
    [{ preset: 'dense' as never }, /preset is unknown \(dense\); expected one of default, easy, crowded/],
  ])('refuses %o', async (options, message) => {
    const wrong = simulateSlide({ ...small, ...options, out: join(folder, 'refused') });
    await expect(wrong).rejects.toThrow(message);
    await expect(wrong).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('refuses a folder that holds something', async () => {
    await expect(simulateSlide({ ...small, out: folder })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  it('says so when it cannot write', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(simulateSlide({ ...small, out: join(file, 'slide') })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
  });
});

describe('bad input to the judge', () => {
  it('names a truth that is not there', async () => {
    const wrong = evaluateResult(join(folder, 'first'), join(folder, 'nowhere'));
    await expect(wrong).rejects.toMatchObject({ code: 'INPUT_MISSING' });
  });

  it('names a folder without transcripts', async () => {
    const wrong = evaluateResult(join(folder, 'first', 'morphology_focus'), join(folder, 'first.truth'));
    await expect(wrong).rejects.toMatchObject({ code: 'RESULT_INVALID' });
  });

  it('names a table without the columns it needs', async () => {
    const csv = join(folder, 'wrong.csv');
    writeFileSync(csv, 'id,label\n1,2\n');
    await expect(evaluateResult(csv, join(folder, 'first.truth'))).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
    });
  });
});
