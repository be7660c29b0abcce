import { assign } from './assign.ts';
import { baysor } from './baysor.ts';
import type { Bench } from './bench.ts';
import { cells } from './cells.ts';
import { cluster } from './cluster.ts';
import { compare } from './compare/compare.ts';
import { celladmix } from './correct/celladmix.ts';
import { originals } from './correct/originals.ts';
import { resolvi } from './correct/resolvi.ts';
import { wide } from './correct/wide.ts';
import { correct } from './correct.ts';
import { ingest } from './ingest.ts';
import { kernelBench } from './kernel-bench.ts';
import { scale } from './scale.ts';
import { scaleCluster } from './scale-cluster.ts';
import { scaling } from './scaling.ts';
import { seams } from './seams.ts';
import { segment } from './segment.ts';
import { segmentOriginals } from './segment-originals.ts';
import { simulate } from './simulate.ts';
import { typing } from './typing-bench.ts';

/** All benches in the order in which `npm run bench` runs them. */
export const BENCHES: readonly Bench[] = [
  compare,
  ingest,
  kernelBench,
  assign,
  scale,
  scaling,
  seams,
  simulate,
  baysor,
  correct,
  typing,
  originals,
  celladmix,
  resolvi,
  wide,
  cluster,
  scaleCluster,
  segment,
  cells,
  segmentOriginals,
];
