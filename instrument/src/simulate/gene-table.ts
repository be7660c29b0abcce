import { AliasTable } from './alias-table.ts';

/** Draws genes of one module in proportion to their shares. */
export class GeneTable {
  /** What the shares of the module's genes add up to. */
  readonly weight: number;
  readonly #genes: Uint32Array;
  readonly #table: AliasTable | null;

  constructor(shares: Float64Array, isIn: (gene: number) => boolean) {
    const genes: number[] = [];
    for (let g = 0; g < shares.length; g++) if (shares[g] > 0 && isIn(g)) genes.push(g);
    const weights = Float64Array.from(genes, (g) => shares[g]);
    this.#genes = Uint32Array.from(genes);
    this.weight = weights.reduce((sum, weight) => sum + weight, 0);
    this.#table = genes.length > 0 ? new AliasTable(weights) : null;
  }

  /** Size of `copyTo`. */
  get bytes(): number {
    return this.#table?.bytes ?? 0;
  }

  /** Writes the table as the kernel reads it; nothing where `weight` is 0. */
  copyTo(bytes: Uint8Array): void {
    this.#table?.copyTo(bytes, this.#genes);
  }
}
