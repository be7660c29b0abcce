import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { IDENTITY } from '@spatile/formats/space';
import { type CsrBlock, createSpatialData } from '@spatile/formats/spatialdata/write';
import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';

/** A table of counts that is drawn and written block by block, however many cells it has. */
export interface WideTable {
  cells: number;
  genes: number;
  types: number;
  meanCounts: number;
  seed: number;
}

const BLOCK = 4096;
/** Cells lie on a square grid, those of a type in squares of so many cells. */
const SPACING_UM = 10;
const PATCH = 8;
/** Share of a cell's counts that are drawn as of the type of the cell beside it. */
const SPILL = 0.15;
/** Share of the genes that mark a type. */
const MARKED = 0.01;
/** Steps of the probability with which a gene is drawn. */
const STEPS = 65536;

/**
 * Writes a SpatialData store with nothing but a table: cells of one type each, with counts of the cell beside them. Memory is
 * a block. The profiles go to `profiles` as the table that `correct.reference.file` takes. `isStopped` is asked at every block.
 * @returns how many counts are not zero.
 */
export async function writeWideTable(
  store: string,
  profiles: string,
  of: WideTable,
  isStopped: () => boolean,
): Promise<number> {
  const { cells, genes, types } = of;
  const shares = profilesOf(of);
  const names = Array.from({ length: genes }, (_, j) => `G${j}`);
  const rows = Array.from({ length: types }, (_, k) => [
    `type_${k}`,
    ...shares.subarray(k * genes, (k + 1) * genes),
  ]);
  writeFileSync(profiles, `cell_type,${names.join(',')}\n${rows.map((row) => row.join(',')).join('\n')}\n`);
  const drawn = Array.from({ length: types }, (_, k) => stepsOf(shares.subarray(k * genes, (k + 1) * genes)));
  const blocks = async function* (): AsyncGenerator<CsrBlock> {
    for (let from = 0; from < cells; from += BLOCK) {
      // Blocks are drawn without waiting for anything: without a turn of the loop a signal would be heard at the end.
      await setImmediate();
      if (isStopped()) throw new Error('the bench was stopped');
      yield blockOf(of, drawn, from, Math.min(cells, from + BLOCK));
    }
  };
  let nonZero = 0;
  for await (const { data } of blocks()) nonZero += data.length;
  const writer = await createSpatialData(store, { attrs: {}, pixelSizeUm: null, micronsToGlobal: IDENTITY });
  await writer.table('table', {
    obsIndex: Array.from({ length: cells }, (_, i) => `cell-${i}`),
    obs: [],
    varIndex: names,
    var: [],
    x: { rows: cells, nonZero, blocks },
    obsm: { spatial: { data: placesOf(of), columns: 2 } },
    region: null,
  });
  await writer.finish();
  return nonZero;
}

/** Expression shares, types x genes: levels that all types share, of which each type has a hundredth eightfold. */
function profilesOf({ genes, types, seed }: WideTable): Float64Array {
  const random = new RandomStream(seed, 'bench.wide');
  const shares = new Float64Array(types * genes);
  for (let j = 0; j < genes; j++) {
    const level = exp(random.normal());
    for (let k = 0; k < types; k++) shares[k * genes + j] = level * (random.uniform() < MARKED ? 8 : 1);
  }
  for (let k = 0; k < types; k++) {
    const row = shares.subarray(k * genes, (k + 1) * genes);
    const sum = row.reduce((a, b) => a + b, 0);
    row.forEach((share, j) => {
      row[j] = share / sum;
    });
  }
  return shares;
}

const edgeOf = ({ cells }: WideTable): number => Math.ceil(Math.sqrt(cells));

const placesOf = (of: WideTable): Float64Array =>
  Float64Array.from({ length: 2 * of.cells }, (_, i) => {
    const cell = i >> 1;
    return SPACING_UM * (i % 2 === 0 ? cell % edgeOf(of) : Math.floor(cell / edgeOf(of)));
  });

function typeOf(of: WideTable, cell: number): number {
  const [column, line] = [cell % edgeOf(of), Math.floor(cell / edgeOf(of))];
  const random = new RandomStream(
    of.seed,
    'bench.patch',
    Math.floor(column / PATCH),
    Math.floor(line / PATCH),
  );
  return random.integer(of.types);
}

/** Gene of each step of the cumulated shares. */
function stepsOf(shares: Float64Array): Uint16Array {
  const out = new Uint16Array(STEPS);
  let [gene, upTo] = [0, shares[0]];
  for (let i = 0; i < STEPS; i++) {
    while ((i + 0.5) / STEPS > upTo && gene < shares.length - 1) upTo += shares[++gene];
    out[i] = gene;
  }
  return out;
}

function blockOf(of: WideTable, drawn: readonly Uint16Array[], from: number, to: number): CsrBlock {
  const length = new Uint32Array(to - from);
  const indices: number[] = [];
  const data: number[] = [];
  for (let cell = from; cell < to; cell++) {
    const random = new RandomStream(of.seed, 'bench.cell', cell);
    const own = drawn[typeOf(of, cell)];
    const beside = drawn[typeOf(of, cell + 1 < of.cells ? cell + 1 : cell - 1)];
    const genes = new Uint16Array(random.poisson(of.meanCounts * random.gamma(4) * 0.25));
    for (let t = 0; t < genes.length; t++) {
      const word = random.uint32();
      genes[t] = (word >>> 16 < SPILL * STEPS ? beside : own)[word & 0xffff];
    }
    genes.sort();
    for (let t = 0; t < genes.length; t++) {
      if (t > 0 && genes[t] === genes[t - 1]) data[data.length - 1]++;
      else {
        indices.push(genes[t]);
        data.push(1);
        length[cell - from]++;
      }
    }
  }
  return { length, indices: Int32Array.from(indices), data: Float32Array.from(data) };
}
