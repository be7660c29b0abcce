/** The model of one tile in plain objects, and its log posterior as the method notes write it (1.3). Slow, obvious, trusted. */

export interface ModelTranscript {
  row: number;
  gene: number;
  /** Observed column, row and layer. */
  observed: [number, number, number];
  /** Voxel index it is thought to come from. */
  voxel: number;
  beta: number;
}

export interface ModelCell {
  id: number;
  component: number;
  frozen: boolean;
  /** K' loadings. */
  loading: number[];
}

export interface ModelTile {
  width: number;
  height: number;
  layers: number;
  /** Volume of a voxel. */
  u: number;
  /** Label of voxel (layer * height + row) * width + column; 0 = background. */
  label: number[];
  /** Voxels that never change. */
  locked: boolean[];
  /** Preferred cell and trust per voxel; trust NaN = none. */
  preferred: number[];
  trust: number[];
  /** Index 0 is the background. */
  cells: ModelCell[];
  transcripts: ModelTranscript[];
  privateGenes: number;
  /** (G - U) rows of K. */
  theta: number[][];
  pi: number[];
  mu: number[];
  sigma2: number[];
  /** T rows of K'. */
  r: number[][];
  s: number[][];
  bubble: number;
  sigmaQ: number;
}

export function rate(t: ModelTile, cell: number, gene: number): number {
  if (cell === 0) return 0;
  const { loading } = t.cells[cell];
  if (gene < t.privateGenes) return loading[gene];
  return t.theta[gene - t.privateGenes].reduce(
    (sum, theta, k) => sum + theta * loading[t.privateGenes + k],
    0,
  );
}

/** Theta_k: 1 for private genes, column sums of theta for factors. */
export function thetaSums(t: ModelTile): number[] {
  const factors = t.theta[0]?.length ?? 0;
  const sums = Array.from({ length: factors }, (_, k) => t.theta.reduce((sum, row) => sum + row[k], 0));
  return [...new Array<number>(t.privateGenes).fill(1), ...sums];
}

export function totalRate(t: ModelTile, cell: number): number {
  return thetaSums(t).reduce((sum, theta, k) => sum + theta * t.cells[cell].loading[k], 0);
}

const at = (t: ModelTile, x: number, y: number, l: number): number | undefined =>
  x < 0 || x >= t.width || y < 0 || y >= t.height || l < 0 || l >= t.layers
    ? undefined
    : t.label[(l * t.height + y) * t.width + x];

export function place(t: ModelTile, voxel: number): [number, number, number] {
  const x = voxel % t.width;
  const y = Math.floor(voxel / t.width) % t.height;
  return [x, y, Math.floor(voxel / (t.width * t.height))];
}

/** Voxels and 8-neighbour perimeter of a cell in one layer. */
export function measure(t: ModelTile, cell: number, layer: number): { n: number; perimeter: number } {
  let n = 0;
  let perimeter = 0;
  for (let y = 0; y < t.height; y++) {
    for (let x = 0; x < t.width; x++) {
      if (at(t, x, y, layer) !== cell) continue;
      n++;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++)
          if ((dx !== 0 || dy !== 0) && at(t, x + dx, y + dy, layer) !== cell) perimeter++;
      }
    }
  }
  return { n, perimeter };
}

export function compactness(n: number, perimeter: number): number {
  return n === 0 ? 0 : Math.log(Math.max(1, perimeter ** 2 / (9.43 * 4 * Math.PI * n)));
}

/** The part of the log posterior that depends on labels. */
export function logPosterior(t: ModelTile): number {
  let sum = 0;
  for (const { gene, voxel, beta } of t.transcripts) sum += Math.log(rate(t, t.label[voxel], gene) + beta);
  for (let c = 1; c < t.cells.length; c++) sum += logCell(t, c);
  t.label.forEach((label, q) => {
    if (!Number.isNaN(t.trust[q])) sum += Math.log(label === t.preferred[q] ? t.trust[q] : 1 - t.trust[q]);
  });
  return sum;
}

function logCell(t: ModelTile, c: number): number {
  let voxels = 0;
  let shape = 0;
  for (let l = 0; l < t.layers; l++) {
    const { n, perimeter } = measure(t, c, l);
    voxels += n;
    shape -= compactness(n, perimeter) ** 2 / (2 * t.sigmaQ ** 2);
  }
  if (voxels === 0) return 0;
  const volume = t.u * voxels;
  const { component } = t.cells[c];
  const d = Math.log(volume) - t.mu[component];
  return shape - volume * totalRate(t, c) - d ** 2 / (2 * t.sigma2[component]) - Math.log(volume);
}
