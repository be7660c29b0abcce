import { NO_GENE } from '@spatile/formats/tile/parts';
import type { SettledCounts, SettledVerdicts } from '@spatile/formats/tile/settled';
import type { TileState } from '@spatile/formats/tile/state';

/** Numbers of genes are below. */
const GENES = 2 ** 16;

/** Counts the gene transcripts of a settled tile that lie in cells. Memory grows with components x genes. */
export function countsOf(
  { cell, gene }: Pick<SettledVerdicts, 'cell' | 'gene'>,
  { cell: own, component }: TileState['cells'],
): SettledCounts {
  const place = new Map<number, number>([...own].map((number, i) => [number, i]));
  const transcripts = new Uint32Array(own.length);
  const kinds = new Uint32Array(GENES * (1 + component.reduce((most, k) => Math.max(most, k), 0)));
  const others: number[] = [];
  for (let i = 0; i < cell.length; i++) {
    if (cell[i] === 0 || gene[i] === NO_GENE) continue;
    const at = place.get(cell[i]);
    if (at === undefined) {
      others.push(cell[i] * GENES + gene[i]);
    } else {
      transcripts[at]++;
      kinds[component[at] * GENES + gene[i]]++;
    }
  }
  const { key: cells, gene: genes, count } = tallied(Float64Array.from(others).sort());
  return {
    kinds: occurring(kinds),
    own: { transcripts },
    others: { cell: Uint32Array.from(cells), gene: genes, count },
  };
}

function occurring(counts: Uint32Array): SettledCounts['kinds'] {
  const n = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const out = { component: new Uint16Array(n), gene: new Uint16Array(n), count: new Uint32Array(n) };
  for (let i = 0, k = 0; k < n; i++) {
    if (counts[i] === 0) continue;
    out.component[k] = Math.floor(i / GENES);
    out.gene[k] = i % GENES;
    out.count[k++] = counts[i];
  }
  return out;
}

/** How often each of some sorted keys occurs. */
function tallied(keys: Float64Array): { key: number[]; gene: Uint16Array; count: Uint32Array } {
  const starts: number[] = [];
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) starts.push(i);
  return {
    key: starts.map((at) => Math.floor(keys[at] / GENES)),
    gene: Uint16Array.from(starts, (at) => keys[at] % GENES),
    count: Uint32Array.from(starts, (at, k) => (starts[k + 1] ?? keys.length) - at),
  };
}
