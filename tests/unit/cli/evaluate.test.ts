import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { OpenOptions } from '@spatile/instrument/judge/read/open-result';
import { afterAll, describe, expect, it } from 'vitest';
import { recorder, spatile } from './fake.ts';

const folder = mkdtempSync(join(tmpdir(), 'spatile-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function* rows(...lengths: number[]) {
  for (const length of lengths) yield { length };
}

/** Services that judge by nothing but names. */
function fakes() {
  const opened: [string, OpenOptions][] = [];
  const report = recorder(undefined);
  const judgedBy: unknown[] = [];
  return {
    opened,
    report,
    judgedBy,
    services: {
      openResult: async (path: string, options: OpenOptions) => {
        opened.push([path, options]);
        return { name: options.name ?? basename(path), assignments: () => rows(2, 3), genes: null };
      },
      loadTruth: async (truth: string) => ({ truth }),
      evaluateInDetail: async (
        result: { name: string; assignments: () => AsyncIterable<unknown> },
        truth: unknown,
        { minQv }: { minQv?: number },
      ) => {
        judgedBy.push(truth, minQv);
        for await (const _ of result.assignments());
        return { evaluation: { result: result.name }, detail: {} };
      },
      formatEvaluations: (all: { result: string }[]) => `table of ${all.map(({ result }) => result)}\n\n`,
      readMarkers: async (path: string) => `markers ${path}`,
      readReference: async (path: string, scale: string) => `reference ${path} ${scale}`,
      evaluateByMarkers: async (
        results: { name: string }[],
        set: string,
        { bundle, minQv }: { bundle: string | undefined; minQv?: number },
      ) => {
        judgedBy.push(set, bundle, minQv);
        return [...results, { name: 'vendor' }].map((result) => ({
          result,
          evaluation: {
            result: result.name,
            cells: { predicted: 3, medianTranscripts: 2, medianGenes: 1 },
            transcripts: { judged: 9, assigned: 8 },
          },
          coexpression: { hard: 0.1 },
        }));
      },
      formatMarkers: (all: { result: string }[]) => `markers of ${all.map(({ result }) => result)}\n`,
      correctedLayers: async (path: string) => (path === 'corrected.zarr' ? ['counts_corrected'] : []),
      judgeSpill: async (path: string, truth: string, layers: string[]) => [{ path, truth, layers }],
      formatSpill: (scores: { layers: string[] }[]) => `spill of ${scores.map(({ layers }) => layers)}\n`,
      writeEvaluationReport: report.service,
    },
  };
}

describe('evaluate --truth', () => {
  it('says how corrected counts did where there are some', async () => {
    const { services } = fakes();
    const both = ['evaluate', 'a.zarr', 'corrected.zarr', '--truth', 't'];
    expect((await spatile(both, services)).stdout).toBe(
      'table of a.zarr,corrected.zarr\n\ncorrected.zarr\nspill of counts_corrected\n',
    );
    const scores = { path: 'corrected.zarr', truth: 't', layers: ['counts_corrected'] };
    expect(JSON.parse((await spatile([...both, '--json'], services)).stdout)).toEqual([
      { result: 'a.zarr' },
      { result: 'corrected.zarr', corrections: [scores] },
    ]);
  });

  it('prints the table, or one object, or several in a list', async () => {
    const { services } = fakes();
    const one = ['evaluate', 's.zarr', '--truth', 't'];
    expect((await spatile(one, services)).stdout).toBe('table of s.zarr\n');
    expect((await spatile([...one, '--json'], services)).stdout).toBe('{"result":"s.zarr"}\n');
    const two = await spatile(['evaluate', 'a/s.zarr', 'b/s.zarr', '--truth', 't', '--json'], services);
    expect(two).toMatchObject({
      stdout: '[{"result":"s.zarr"},{"result":"s.zarr (2)"}]\n',
      stderr: '',
      exitCode: 0,
    });
  });

  it('hands on bundle, outlines and names', async () => {
    const { services, opened } = fakes();
    const flags = ['--bundle', 'outs', '--polygons', 'p.json', '--name', 'mine', '--truth', 't'];
    await spatile(['evaluate', 's.csv', ...flags], services);
    expect(opened).toEqual([['s.csv', { bundle: 'outs', polygons: 'p.json', name: 'mine' }]]);
  });

  it('judges all results at the quality asked for', async () => {
    const { services, judgedBy } = fakes();
    await spatile(['evaluate', 'a.zarr', 'b.zarr', '--truth', 't', '--min-qv', '25'], services);
    await spatile(['evaluate', 'a.zarr', '--markers', 'm.csv', '--min-qv=-1'], services);
    const truth = { truth: 't' };
    expect(judgedBy).toEqual([truth, 25, truth, 25, 'markers m.csv', undefined, -1]);
    const wrong = await spatile(['evaluate', 'a.zarr', '--truth', 't', '--min-qv', 'good'], services);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--min-qv') });
  });

  it('shows progress by result, and nothing when quiet', async () => {
    const { services } = fakes();
    const args = ['evaluate', 'a.zarr', 'b.zarr', '--truth', 't'];
    expect((await spatile(args, services)).stderr).toMatch(/judging a\.zarr(.|\n)*judging b\.zarr: done/);
    expect(await spatile([...args, '--quiet'], services)).toMatchObject({ stdout: '', stderr: '' });
  });

  it('writes the report with the bundle that lies beside the truth', async () => {
    const { services, report } = fakes();
    const truth = join(folder, 'toy.truth');
    mkdirSync(join(folder, 'toy'));
    await spatile(['evaluate', 'a.zarr', '--truth', truth, '--report', 'r.html'], services);
    expect(report.calls).toMatchObject([
      [
        'r.html',
        { slide: 'toy', truth, bundle: join(folder, 'toy'), results: [{ name: 'a.zarr', counted: null }] },
      ],
    ]);
  });
});

describe('evaluate without truth', () => {
  it.each([
    ['--markers', 'markers m.csv'],
    ['--reference', 'reference m.csv linear'],
  ])('judges by %s and by what the bundle says itself', async (flag, set) => {
    const { services, judgedBy, report } = fakes();
    const args = ['evaluate', 'a.zarr', flag, 'm.csv', '--bundle', 'outs', '--report', 'r.html'];
    expect((await spatile(args, services)).stdout).toBe('markers of a.zarr,vendor\n');
    expect(judgedBy).toEqual([set, 'outs', undefined]);
    expect(report.calls).toMatchObject([
      [
        'r.html',
        {
          slide: 'outs',
          truth: null,
          results: [
            { name: 'a.zarr', judged: null, counted: { cells: 3, assigned: 8, markers: { hard: 0.1 } } },
            { name: 'vendor' },
          ],
        },
      ],
    ]);
  });
});

it.each([
  [['a.zarr']],
  [['a.zarr', '--truth', 't', '--markers', 'm']],
  [['a.zarr', '--markers', 'm', '--reference', 'r']],
  [['a.zarr', 'b.zarr', '--truth', 't', '--name', 'one']],
  [['a.zarr', 'b.zarr', '--truth', 't', '--polygons', 'p']],
  [['--truth', 't']],
  [['a.zarr', '--reference', 'r', '--reference-scale', 'log2']],
])('evaluate %j is refused with one sentence and exit code 2', async (args) => {
  const { exitCode, stdout, stderr } = await spatile(['evaluate', ...args], fakes().services);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
