/**
 * The header of one tile's sampler: sizes and addresses of the arrays that TypeScript laid out in linear memory.
 *
 * Field order is the layout; `bind.ts` lists the same names (a test compares them). Arrays, with their shapes:
 *
 * | array | shape | meaning |
 * | --- | --- | --- |
 * | label | u16[layers][height + 2][width + 2] | tile-local cell, 0 background, 0xffff outside |
 * | boundary | u64[layers][height][width / 64 rounded up] | one bit per voxel: a face neighbour has another label |
 * | priorLabel, priorClass | [height + 2][width + 2] | preferred cell and class of trust; class 0 none, 255 locked |
 * | bucketStart, bucketItem | [voxels + 2], [transcripts] | transcripts by current voxel |
 * | row, gene, observedX/Y/L, current, background, rate, rateCell, foreground, role | [transcripts] | `rate` is that in `rateCell`; `role` bit 0: counts in the statistics, bit 1: may move |
 * | cellId, frozen, owned, component, size | [cells] | entry 0 is the background |
 * | layerSize, perimeter | [cells][layers] | voxels, and ordered pairs (voxel, one of 8 in-layer neighbours outside the cell) |
 * | loading, latentCount | [cells][latent] | phi; counts by factor |
 * | theta | [factored genes][factors padded to 4] | gene loadings |
 * | shape, scale, | [latent][components padded to 2] | r and s of the gamma prior of loadings |
 * | risingLog | [latent][16][components] | ln Gamma(r + x) - ln Gamma(r) |
 * | pointCount | [latent][16][components] | what a point loading takes for r + x |
 * | emptyLog | [table][components] | sum_k r ln(1 + s V Theta) by voxel count, -1 = not yet computed |
 */
@unmanaged
export class Tile {
  width: i32;
  height: i32;
  layers: i32;
  stride: i32;
  plane: i32;
  voxels: i32;
  pairCount: i32;
  sweep: i32;
  proposed: i32;
  transcripts: i32;
  cells: i32;
  privateGenes: i32;
  privateWidth: i32;
  factors: i32;
  factorWidth: i32;
  latent: i32;
  components: i32;
  componentWidth: i32;
  tableSize: i32;
  volumeBins: i32;
  volumeFactor: i32;
  connectivity: i32;
  pointLoadings: i32;
  placeKey0: i32;
  placeKey1: i32;
  tileKey0: i32;
  tileKey1: i32;
  nearCount: i32;
  farCount: i32;
  modeCount: i32;

  label: usize;
  boundary: usize;
  priorLabel: usize;
  priorClass: usize;
  bucketStart: usize;
  bucketItem: usize;
  row: usize;
  gene: usize;
  observedX: usize;
  observedY: usize;
  observedL: usize;
  current: usize;
  background: usize;
  backgroundIndex: usize;
  rate: usize;
  rateCell: usize;
  foreground: usize;
  role: usize;
  recordCell: usize;
  recordWeight: usize;
  recordBackground: usize;
  cellId: usize;
  frozen: usize;
  owned: usize;
  component: usize;
  size: usize;
  layerSize: usize;
  perimeter: usize;
  loading: usize;
  totalRate: usize;
  latentCount: usize;
  theta: usize;
  thetaSum: usize;
  shape: usize;
  scale: usize;
  logPi: usize;
  mu: usize;
  sigma2: usize;
  risingLog: usize;
  pointCount: usize;
  emptyLog: usize;
  lnTable: usize;
  priorLog: usize;
  nearThreshold: usize;
  nearAlias: usize;
  farThreshold: usize;
  farAlias: usize;
  modeThreshold: usize;
  modeAlias: usize;
  weights: usize;
  statX: usize;
  statB: usize;
  statN: usize;
  statH: usize;
  statXt: usize;
  statCrt: usize;
  statOmega: usize;
  statOmegaLnV: usize;
  statLogLikelihood: usize;

  voxelVolume: f64;
  compactnessScale: f64;
  bubble: f64;
}

export const OUTSIDE: u32 = 0xffff;
export const LOCKED: u32 = 255;
export const ROLE_COUNTED: u32 = 1;
export const ROLE_MOVES: u32 = 2;
export const RECORD_SLOTS: i32 = 3;

/** Step kinds: the second word of the Philox counter. */
export const KIND_LABEL: u32 = 1;
export const KIND_PLACE: u32 = 2;
export const KIND_FOREGROUND: u32 = 3;
export const KIND_COMPONENT: u32 = 4;
export const KIND_LOADING: u32 = 5;
export const KIND_TABLES: u32 = 6;
export const KIND_OMEGA: u32 = 7;
