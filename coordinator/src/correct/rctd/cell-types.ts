import { CELL_CLASSES, readTyped, type TypedCells } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import type { Block } from '../blocks.ts';

/** Cell types of a whole slide: `TypedCells` of all blocks after one another. */
export type SlideTypes = TypedCells;

/** Puts the results of the blocks together. */
export async function collectTypes(
  blocks: readonly Block[],
  types: number,
  read: (block: Block) => Promise<Frame>,
): Promise<SlideTypes> {
  const cells = blocks.length === 0 ? 0 : blocks[blocks.length - 1].to;
  let out: SlideTypes | null = null;
  for (const block of blocks) {
    const part = readTyped(await read(block));
    out ??= sized(part, cells, types);
    for (const [name, values] of Object.entries(part) as [keyof TypedCells, TypedCells[keyof TypedCells]][]) {
      const width = values.length / (block.to - block.from);
      out[name].set(values as never, block.from * width);
    }
  }
  return out ?? emptyTypes();
}

/** Room for all cells, in the layout of one block. */
function sized(part: TypedCells, cells: number, types: number): SlideTypes {
  const multi = part.subWeights.length > 0 ? cells * types : 0;
  return {
    ...emptyTypes(),
    ...Object.fromEntries(
      Object.entries(part).map(([name, values]) => {
        const n =
          name === 'weights' ? cells * types : name === 'subWeights' || name === 'confident' ? multi : cells;
        return [name, new (values.constructor as Uint8ArrayConstructor)(n)];
      }),
    ),
  };
}

const emptyTypes = (): SlideTypes => ({
  cellClass: new Uint8Array(0),
  first: new Int16Array(0),
  second: new Int16Array(0),
  firstCertain: new Uint8Array(0),
  secondCertain: new Uint8Array(0),
  firstWeight: new Float32Array(0),
  secondWeight: new Float32Array(0),
  minScore: new Float32Array(0),
  singletScore: new Float32Array(0),
  convergedAll: new Uint8Array(0),
  convergedDoublet: new Uint8Array(0),
  weights: new Float32Array(0),
  subWeights: new Float32Array(0),
  confident: new Uint8Array(0),
});

/** What SPLIT makes of RCTD's result before it purifies. */
export interface SettledTypes {
  cellClass: Uint8Array;
  /** -1 where there is none. */
  first: Int16Array;
  second: Int16Array;
}

const SINGLET = CELL_CLASSES.indexOf('singlet');
const REJECT = CELL_CLASSES.indexOf('reject');
const FILTERED = CELL_CLASSES.indexOf('filtered');

/**
 * Takes the second type from cells with one weight that counts, and both from cells with none (the post-processing of
 * SPLIT, Bilous et al. 2026).
 * @param minWeight least unconstrained weight that counts.
 */
export function settleTypes(typed: SlideTypes, types: number, minWeight: number): SettledTypes {
  const out = {
    cellClass: typed.cellClass.slice(),
    first: typed.first.slice(),
    second: typed.second.slice(),
  };
  for (let i = 0; i < out.first.length; i++) {
    if (out.cellClass[i] === FILTERED) continue;
    const weights = typed.weights.subarray(i * types, (i + 1) * types);
    let counted = 0;
    let largest = 0;
    weights.forEach((w, k) => {
      if (w > minWeight) counted++;
      if (w > weights[largest]) largest = k;
    });
    if (counted > 1) continue;
    out.second[i] = -1;
    out.first[i] = counted === 0 ? -1 : largest;
    if (counted === 0) out.cellClass[i] = REJECT;
    else if (out.cellClass[i] !== REJECT) out.cellClass[i] = SINGLET;
  }
  return out;
}
