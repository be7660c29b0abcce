import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { loadTruth } from '@spatile/instrument/judge/truth';
import { CELL_TYPES } from '@spatile/instrument/simulate/cell-types';
import { resolveSettings } from '@spatile/instrument/simulate/options';
import { drawPanel } from '@spatile/instrument/simulate/panel';
import { readReference } from '@spatile/instrument/simulate/reference';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { typesOfKinds } from '@spatile/instrument/simulate/type-places';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-reference-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GENES = Array.from({ length: 20 }, (_, g) => `G${g}`);
/** Two rows of B (means 1 to 20 and 3 to 22), one of T: G0 is T's alone. */
const rows = [
  ['0', ...GENES.map((_, g) => (g === 0 ? 0 : g + 1)), '0', 'B', 'one'],
  ['1', ...GENES.map((_, g) => (g === 0 ? 0 : g + 3)), '0', 'B', 'two'],
  ['2', ...GENES.map((_, g) => (g === 0 ? 50 : 10)), '1', 'T', 'one'],
];
const csv = (name: string, lines: readonly (readonly (string | number)[])[], genes = GENES): string => {
  const path = join(folder, name);
  const header = ['', ...genes, 'ct_idx', 'cell_type', 'atlas'];
  writeFileSync(path, `${[header, ...lines].map((line) => line.join(',')).join('\n')}\n`);
  return path;
};

describe('a reference', () => {
  it('averages the rows of a type', async () => {
    const { genes, types, shares } = await readReference(csv('plain.csv', rows), 'linear');
    expect(genes).toEqual(GENES);
    expect(types).toEqual(['B', 'T']);
    const b = GENES.map((_, g) => (g === 0 ? 0 : g + 2));
    const total = b.reduce((sum, value) => sum + value, 0);
    expect([...shares[0]]).toEqual(b.map((value) => expect.closeTo(value / total, 12)));
    expect(shares[1][0]).toBeCloseTo(50 / 240, 12);
  });

  it('takes logarithms back', async () => {
    const logs = rows.map((row) =>
      row.map((value) => (typeof value === 'number' ? Math.log1p(value) : value)),
    );
    const plain = await readReference(csv('plain.csv', rows), 'linear');
    const fromLogs = await readReference(csv('logs.csv', logs), 'log1p');
    fromLogs.shares.forEach((profile, type) => {
      profile.forEach((value, g) => {
        expect(value).toBeCloseTo(plain.shares[type][g], 5);
      });
    });
  });

  it('gives markers by its rule: eight times any other type', async () => {
    const reference = await readReference(csv('plain.csv', rows), 'linear');
    const settings = resolveSettings({ out: '', reference: 'plain.csv' }, reference);
    expect(settings).toMatchObject({ genes: 20, reference: 'plain.csv' });
    const panel = drawPanel(settings, reference);
    expect(panel.typeNames).toEqual(['B', 'T']);
    expect([...panel.markerOf]).toEqual(GENES.map((_, g) => (g === 0 ? 1 : -1)));
  });

  it.each([
    ['no column of types', 'none.csv', 'G1,G2\n1,2\n', 'COLUMN_MISSING'],
    ['too few genes', 'few.csv', 'G1,cell_type\n1,B\n2,T\n', 'METADATA_INVALID'],
    ['text for a number', 'text.csv', `cell_type,${GENES}\nB,${GENES}\n`, 'COLUMN_TYPE'],
    ['one type', 'one.csv', `cell_type,${GENES}\nB,${GENES.map(() => 1)}\n`, 'METADATA_INVALID'],
    [
      'a type for every row',
      'types.csv',
      `cell_type,${GENES}\n${Array.from({ length: 101 }, (_, i) => `T${i},${GENES.map(() => 1)}\n`).join('')}`,
      'METADATA_INVALID',
    ],
    ['a negative mean', 'negative.csv', `cell_type,${GENES}\nB,${GENES.map(() => -1)}\n`, 'METADATA_INVALID'],
    [
      'no expression',
      'zero.csv',
      `cell_type,${GENES}\nB,${GENES.map(() => 0)}\nT,${GENES.map(() => 1)}\n`,
      'METADATA_INVALID',
    ],
    ['nothing', 'empty.csv', '', 'INPUT_EMPTY'],
  ])('is refused with %s', async (_, name, text, code) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    await expect(readReference(path, 'linear')).rejects.toMatchObject({ code });
    await expect(readReference(path, 'linear')).rejects.toThrow(name);
  });

  it('that is not there is named before anything is written', async () => {
    const out = join(folder, 'unwritten');
    const wrong = simulateSlide({ out, reference: join(folder, 'nowhere.csv') });
    await expect(wrong).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    expect(existsSync(out)).toBe(false);
  });
});

describe('the types of a reference', () => {
  const kinds = CELL_TYPES.map(({ name }) => name);
  const kindsOf = (names: readonly string[]): Record<string, string[]> =>
    Object.fromEntries(typesOfKinds(names).map((types, kind) => [kinds[kind], types.map((t) => names[t])]));

  it('live where their names say', () => {
    const breast =
      'B,CD8T/CD8Tex,Endothelial,Fibroblasts,Malignant,Mast,Mono/Macro,Myofibroblasts,Plasma,CD4Tconv/Treg,DC,Neutrophils,NK,Epithelial,SMC';
    expect(kindsOf(breast.split(','))).toEqual({
      epithelial_a: ['Epithelial'],
      epithelial_b: ['Malignant'],
      myoepithelial: ['Myofibroblasts', 'SMC'],
      fibroblast: ['Fibroblasts'],
      endothelial: ['Endothelial'],
      t_cell: ['CD8T/CD8Tex', 'CD4Tconv/Treg', 'NK'],
      b_cell: ['B', 'Plasma'],
      macrophage: ['Mast', 'Mono/Macro', 'DC', 'Neutrophils'],
    });
  });

  it('are dealt out in turn when their names say nothing, and none is left out', () => {
    const names = Array.from({ length: 11 }, (_, i) => `cluster_${i}`);
    expect(new Set(Object.values(kindsOf(names)).flat())).toEqual(new Set(names));
    expect(typesOfKinds(['x', 'y']).every((types) => types.length > 0)).toBe(true);
    expect(typesOfKinds(kinds)).toEqual(kinds.map((_, kind) => [kind]));
  });
});

describe('a slide of a reference', () => {
  it('has its genes and types, and tells its profiles', async () => {
    const path = csv('plain.csv', rows);
    const { truth, genes } = await simulateSlide({
      out: join(folder, 'slide'),
      sizeUm: 120,
      reference: path,
      images: false,
    });
    expect(genes).toBe(20);
    const loaded = await loadTruth(truth);
    expect(loaded.genes).toBe(20);
    const table = await openParquet(join(truth, 'profiles.parquet'));
    const types = new TextTable();
    const sums = new Map<string, number>();
    let n = 0;
    const wanted = [
      { name: 'type', as: 'code', table: types },
      { name: 'share', as: 'float32', scale: 1 },
      { name: 'feature', as: 'float32', scale: 1 },
    ] as const;
    for await (const { length, columns } of table.batches(wanted, 1000)) {
      for (let i = 0; i < length; i++) {
        const type = types.names[Number(columns[0][i])];
        sums.set(type, (sums.get(type) ?? 0) + Number(columns[1][i]));
        expect(columns[2][i]).toBe(n++ % 20);
        if (type === 'B' && columns[2][i] === 0) expect(columns[1][i]).toBe(0);
      }
    }
    expect(n).toBe(40);
    expect([...sums]).toEqual([
      ['B', expect.closeTo(1, 5)],
      ['T', expect.closeTo(1, 5)],
    ]);
  });
});
