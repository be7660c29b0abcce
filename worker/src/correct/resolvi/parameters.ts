import type { ResolviSize } from '@spatile/formats/tile/resolvi';
import { ln } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';

export interface Entry {
  name: string;
  shape: readonly number[];
  /** Where it begins in the packed vector. */
  offset: number;
  size: number;
}

/** Starting values of what is estimated as a point: the guide of the original. */
const SPARSITY = 20;
const TRUE_SHARE = 5;
const DIFFUSION_SHARE = 3;
const BACKGROUND_SHARE = 0.5;
export const SPARSITY_FLOOR = 1e-3;
export const POSITIVE_FLOOR = 1e-6;

/** Parameters in the order of the packed vector; the prior's means, which learn faster, come last. */
export function layoutOf(size: ResolviSize): Entry[] {
  const { genes, latent, hidden, encoderHidden: wide, components, supervised } = size;
  const shapes: [string, number[]][] = [
    ...layer('z1', genes, wide),
    ...layer('z2', wide, wide),
    ...layer('zMean', wide, latent),
    ...layer('zVariance', wide, latent),
    ...layer('a1', genes, wide),
    ...layer('a2', wide, wide),
    ...layer('aShares', wide, 3),
    ...layer('d1', latent, hidden),
    ...layer('d2', hidden, hidden),
    ...layer('dGenes', hidden, genes),
    ...(supervised ? layer('labels', latent, components) : []),
    ['background', [genes]],
    ['sparsity', [1]],
    ['trueShare', [1]],
    ['diffusionShare', [1]],
    ['backgroundShare', [1]],
    ['distanceScale', [1]],
    ['mixture', [components]],
    ['means', [components, latent]],
  ];
  let offset = 0;
  return shapes.map(([name, shape]) => {
    const entry = { name, shape, offset, size: shape.reduce((a, b) => a * b, 1) };
    offset += entry.size;
    return entry;
  });
}

const layer = (name: string, from: number, to: number): [string, number[]][] => [
  [`${name}.weights`, [from, to]],
  [`${name}.offsets`, [to]],
];

/** Length of the packed vector. */
export const lengthOf = (layout: readonly Entry[]): number =>
  layout.reduce((length, { size }) => length + size, 0);

/** Starting point: weights and offsets uniform within 1 over the root of the number of inputs (PyTorch's linear layers). */
export function initialParameters(size: ResolviSize, seed: number): Float32Array {
  const layout = layoutOf(size);
  const out = new Float32Array(lengthOf(layout));
  let inputs = 1;
  layout.forEach((entry, i) => {
    const stream = new RandomStream(seed, 'resolvi.start', i);
    const [, kind] = entry.name.split('.');
    if (kind === 'weights') inputs = entry.shape[0];
    const bound = 1 / Math.sqrt(inputs);
    const draw =
      kind === undefined ? startOf(entry.name, size, stream) : () => bound * (2 * stream.uniform() - 1);
    for (let k = 0; k < entry.size; k++) out[entry.offset + k] = draw();
  });
  return out;
}

function startOf(name: string, { supervised }: ResolviSize, stream: RandomStream): () => number {
  if (name === 'means') return supervised ? () => 0 : () => stream.normal();
  const starts: Record<string, number> = {
    background: 1,
    mixture: 1,
    sparsity: ln(SPARSITY - SPARSITY_FLOOR),
    trueShare: ln(TRUE_SHARE - POSITIVE_FLOOR),
    diffusionShare: ln(DIFFUSION_SHARE - POSITIVE_FLOOR),
    backgroundShare: ln(BACKGROUND_SHARE - POSITIVE_FLOOR),
    distanceScale: ln(1 - POSITIVE_FLOOR),
  };
  return () => starts[name];
}
