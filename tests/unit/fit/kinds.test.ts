import type { ModelFrame, ProsegGlobals, ProsegPreparation } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import { kindCells } from '../../../coordinator/src/assign/proseg/kind-cells.ts';
import { stepKinds } from '../../../coordinator/src/assign/proseg/kind-mixture.ts';
import { startFrom } from '../../../coordinator/src/assign/proseg/kind-start.ts';
import { bestCellStart, fitKinds, kindsInput } from '../../../coordinator/src/assign/proseg/kinds.ts';

const KINDS = 3;
const GENES = 60;
const STRAYS = 0.35;
const model = { genes: GENES, privateGenes: GENES, factors: 0, components: KINDS } as ModelFrame;

/** Kind t makes its own third of the genes, more of the first ones. */
function madeBy(t: number): Float64Array {
  const rate = Float64Array.from({ length: GENES }, (_, g) => (g % KINDS === t ? 1 + (g % 5) : 0));
  const sum = rate.reduce((all, value) => all + value, 0);
  return rate.map((value) => value / sum);
}

/** Cells in bands of one kind each, a share of whose transcripts is the neighbours'. */
function slideOf(rows: number, columns: number, seed: number) {
  const stream = new RandomStream(seed, 'kinds');
  const kind: number[] = [];
  const at: [number, number][] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      kind.push(stream.integer(KINDS));
      at.push([10 * x, 10 * y]);
    }
  const counts = kind.map((own, c) => {
    const near = kind.filter((_, o) => o !== c && Math.hypot(at[o][0] - at[c][0], at[o][1] - at[c][1]) < 15);
    const out = new Uint32Array(GENES);
    for (let n = 0; n < 120; n++) {
      const from = stream.uniform() < STRAYS ? near[stream.integer(near.length)] : own;
      out[stream.categorical(madeBy(from))]++;
    }
    return out;
  });
  return { kind, at, counts };
}

function preparation({ at, counts }: Pick<ReturnType<typeof slideOf>, 'at' | 'counts'>): ProsegPreparation {
  const entries = counts.flatMap((own, c) => Array.from(own, (n, g) => [c, g, n]).filter(([, , n]) => n > 0));
  return {
    cellX: Float64Array.from(at, ([x]) => x),
    cellY: Float64Array.from(at, ([, y]) => y),
    countCell: Uint32Array.from(entries, ([c]) => c),
    countGene: Uint32Array.from(entries, ([, g]) => g),
    count: Uint32Array.from(entries, ([, , n]) => n),
  } as ProsegPreparation;
}

/** Components of a sampler that cannot tell cells apart. */
const alike = {
  r: new Float64Array(KINDS * GENES).fill(1),
  s: new Float64Array(KINDS * GENES).fill(1),
  theta: new Float32Array(0),
} as ProsegGlobals;

const totalsOf = (counts: readonly Uint32Array[]): Float64Array =>
  counts.reduce((sum, own) => sum.map((n, g) => n + own[g]), new Float64Array(GENES));

/** Share of foreign genes in the kind that is most like t. */
function foreign(share: ArrayLike<number>, t: number): number {
  const own = Array.from({ length: KINDS }, (_, k) => {
    let sum = 0;
    for (let g = t; g < GENES; g += KINDS) sum += share[g * KINDS + k];
    return sum;
  });
  return 1 - Math.max(...own);
}

function kindsOf(
  preparations: Parameters<typeof kindsInput>[0],
  geneTotals: ArrayLike<number>,
  frame: ModelFrame,
  globals: ProsegGlobals,
  seed: number,
): Float32Array {
  const input = kindsInput(preparations, geneTotals, frame, seed);
  return fitKinds(input, bestCellStart(input), frame, globals);
}

describe('kinds of cells', () => {
  const slide = slideOf(20, 20, 5);
  const totals = totalsOf(slide.counts);
  const share = kindsOf([preparation(slide)], totals, model, alike, 1);

  it('finds what each kind makes, with fewer strays than its cells hold', () => {
    for (let t = 0; t < KINDS; t++) {
      const cells = slide.counts.filter((_, c) => slide.kind[c] === t);
      const held = totalsOf(cells);
      const inCells = held.reduce((sum, n, g) => sum + (g % KINDS === t ? 0 : n), 0) / (120 * cells.length);
      expect(inCells).toBeGreaterThan(0.2);
      expect(foreign(share, t)).toBeLessThan(inCells / 2);
    }
  });

  it('gives shares that sum to 1 over genes and are above 0', () => {
    for (let t = 0; t < KINDS; t++) {
      let sum = 0;
      for (let g = 0; g < GENES; g++) sum += share[g * KINDS + t];
      expect(sum).toBeCloseTo(1, 5);
    }
    expect(share.every((value) => value > 0)).toBe(true);
  });

  it('is the same whatever lies where the slide lies', () => {
    const moved = { ...slide, at: slide.at.map(([x, y]): [number, number] => [x - 512, y + 1024]) };
    expect(kindsOf([preparation(moved)], totals, model, alike, 1)).toEqual(share);
  });

  it('goes uphill', () => {
    const cells = kindCells([preparation(slide)]);
    const shares = totals.map((n) => n / (120 * slide.counts.length));
    const first = Float64Array.from({ length: GENES * KINDS }, (_, i) => {
      const [g, t] = [Math.floor(i / KINDS), i % KINDS];
      return 0.9 * shares[g] + 0.1 * madeBy(t)[g];
    });
    let mixture = stepKinds(
      cells,
      shares,
      startFrom(first, new Float64Array(first.length), KINDS, slide.counts.length),
    );
    // The surroundings change from step to step, so it is no strict EM: only the whole way must go up.
    const { logLikelihood } = mixture;
    for (let step = 0; step < 10; step++) mixture = stepKinds(cells, shares, mixture);
    expect(mixture.logLikelihood).toBeGreaterThan(logLikelihood);
  });

  it('takes slides without cells, of one cell and of one gene', () => {
    expect(
      kindsOf([preparation({ at: [], counts: [] })], totals, model, alike, 1).every(Number.isFinite),
    ).toBe(true);
    const one = { at: [[3, 4]] as [number, number][], counts: [slide.counts[0]] };
    expect(kindsOf([preparation(one)], totals, model, alike, 1).every(Number.isFinite)).toBe(true);
    const single = { ...model, genes: 1, privateGenes: 1 };
    const counts = slide.counts.map(() => Uint32Array.of(4000));
    const found = kindsOf([preparation({ at: slide.at, counts })], [4000], single, alike, 1);
    expect(Array.from(found)).toEqual([1, 1, 1]);
  });

  it('tells kinds apart on wide panels, whatever the components of the sampler hold', () => {
    const wide = { ...model, privateGenes: GENES / 2, factors: 5 };
    const found = kindsOf([preparation(slide)], totals, wide, alike, 1);
    for (let t = 0; t < KINDS; t++) expect(foreign(found, t)).toBeLessThan(0.12);
    expect(found).toEqual(kindsOf([preparation(slide)], totals, wide, {} as ProsegGlobals, 1));
    const one = { at: [[3, 4]] as [number, number][], counts: [slide.counts[0]] };
    expect(kindsOf([preparation(one)], totals, wide, alike, 1).every(Number.isFinite)).toBe(true);
  });

  it('keeps the cells nearest to the middle of each pilot, with their neighbours', () => {
    const at = Array.from({ length: 5000 }, (_, c): [number, number] => [5 * c, 0]);
    const counts = at.map((_, c) => {
      const own = new Uint32Array(GENES);
      own[c % GENES] = 1 + (c % 3);
      return own;
    });
    const cells = kindCells([preparation({ at, counts }), preparation({ at, counts })]);
    expect(cells.total).toHaveLength(2500);
    // The middle of 5,000 cells in a row: 1,250 of them from number 1,875 on.
    expect(Array.from(cells.gene.subarray(0, 2))).toEqual([1875 % GENES, 1876 % GENES]);
    const last = Array.from(cells.near.subarray(cells.nearStart[1249], cells.nearStart[1250]));
    expect(last).toEqual([1242, 1243, 1244, 1245, 1246, 1247, 1248]);
  });
});
