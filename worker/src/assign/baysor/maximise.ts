import type { Mixture } from './mixture.ts';
import { fittedNormal, NORMAL_FORM, roundNormal, type ScalePrior } from './shape.ts';

/** Counts the molecules of each component. */
export function countSizes({ label, size }: Mixture): void {
  size.fill(0);
  for (const c of label) size[c]++;
  size[0] = 0;
}

/**
 * The maximisation of one iteration, given the labels: components of fewer than two molecules become noise, then sizes, gene
 * counts, segment counts, main cluster, main segment, mean and covariance of each (a component of no more molecules than
 * dimensions keeps its covariance).
 */
export function maximise(mixture: Mixture): void {
  const { label, size, components, genes, segments, segment, molecules } = mixture;
  countSizes(mixture);
  for (let i = 0; i < label.length; i++) if (size[label[i]] < 2) label[i] = 0;
  for (let c = 1; c <= components; c++) if (size[c] < 2) size[c] = 0;
  genes.build(label, molecules.gene, size, components);
  segments.build(label, segment, size, components, 0);
  mainClusters(mixture);
  mainSegments(mixture);
  fitNormals(mixture);
}

function mainClusters({ label, cluster, settings, components, mainCluster }: Mixture): void {
  const clusters = settings.clusters;
  if (clusters === 1) {
    mainCluster.fill(1);
    return;
  }
  const votes = new Uint32Array((components + 1) * clusters);
  for (let i = 0; i < label.length; i++) votes[label[i] * clusters + cluster[i] - 1]++;
  for (let c = 1; c <= components; c++) {
    let best = 0;
    for (let t = 1; t < clusters; t++) if (votes[c * clusters + t] > votes[c * clusters + best]) best = t;
    mainCluster[c] = best + 1;
  }
}

/** Largest share covered; of equal shares the lower segment. */
function mainSegments({ segments, segmentSize, components, size, mainSegment }: Mixture): void {
  for (let c = 1; c <= components; c++) {
    let best = 0;
    let most = 0;
    if (size[c] > 0)
      segments.each(c, (segment, count) => {
        const share = count / segmentSize[segment];
        if (share < most || (share === most && segment > best)) return;
        [best, most] = [segment, share];
      });
    mainSegment[c] = best;
  }
}

function fitNormals({ molecules, label, size, components, mean, normal, settings }: Mixture): void {
  const { x, y, z, dimensions } = molecules;
  const sum = new Float64Array(3 * (components + 1));
  for (let i = 0; i < label.length; i++) {
    const at = 3 * label[i];
    sum[at] += x[i];
    sum[at + 1] += y[i];
    sum[at + 2] += z[i];
  }
  for (let c = 1; c <= components; c++) {
    if (size[c] === 0) continue;
    for (let axis = 0; axis < 3; axis++) mean[3 * c + axis] = sum[3 * c + axis] / size[c];
  }
  const squares = new Float64Array(6 * (components + 1));
  for (let i = 0; i < label.length; i++) {
    const c = label[i];
    if (c === 0) continue;
    const dx = x[i] - mean[3 * c];
    const dy = y[i] - mean[3 * c + 1];
    const dz = z[i] - mean[3 * c + 2];
    const at = 6 * c;
    squares[at] += dx * dx;
    squares[at + 1] += dx * dy;
    squares[at + 2] += dy * dy;
    squares[at + 3] += dx * dz;
    squares[at + 4] += dy * dz;
    squares[at + 5] += dz * dz;
  }
  const prior = scalePrior(settings);
  for (let c = 1; c <= components; c++) {
    if (size[c] <= dimensions) continue;
    const covariance = squares.subarray(6 * c, 6 * c + 6);
    for (let k = 0; k < 6; k++) covariance[k] /= size[c] - 1;
    fittedNormal(dimensions, covariance, size[c], prior, normal, c * NORMAL_FORM);
  }
}

const scalePrior = ({ scaleUm, scaleSdUm, minTranscriptsPerCell }: Mixture['settings']): ScalePrior => ({
  scaleUm,
  scaleSdUm,
  weight: minTranscriptsPerCell,
});

/** The first normals: round, of the expected scale, about the components' centres. */
export function roundNormals({ normal, components, molecules, settings }: Mixture): void {
  for (let c = 0; c <= components; c++)
    roundNormal(molecules.dimensions, settings.scaleUm, normal, c * NORMAL_FORM);
}
