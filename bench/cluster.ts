import { join } from 'node:path';
import type { Bench, BenchCase, BenchOptions } from './bench.ts';
import { hasBroker } from './cluster/broker.ts';
import { measureClusterRun } from './cluster/run.ts';
import { measureTransfer } from './cluster/transfer.ts';
import { provenance, table } from './pages.ts';
import type { CaseResult } from './results.ts';
import { number, show } from './statistics.ts';

const MEBIBYTE = 2 ** 20;
/** What the issue of the cluster asks of a coordinator. */
const WANTED_MB_PER_S = 300;

interface RunTiles {
  /** Words of the command line that say how large tiles are. */
  words: string[];
  name: string;
  /** Of the case's key. */
  key: string;
}

const PLANNED: RunTiles = { words: [], name: 'tiles as planned', key: '' };
/** Edges are halved until they are this long or less: what that comes to depends on the slide. */
const SMALL = ['--tile-size', '250'];
const SMALL_TILES: RunTiles = { words: SMALL, name: 'tiles of 240 um', key: '-small' };
/** Less than four halos: nearly all of such tiles is border, and their border units come one after the other. */
const TINY_TILES: RunTiles = { words: SMALL, name: 'tiles of 132 um', key: '' };

/** The cluster on one machine: transfers between coordinator and worker, and whole runs beside those without a cluster. */
export const cluster: Bench = {
  name: 'cluster',
  cases: (options) =>
    options.tiny
      ? [transferCase(options), runCase(options, 3000, TINY_TILES)]
      : [
          transferCase(options),
          runCase(options, 300_000, TINY_TILES),
          runCase(options, 1_000_000, SMALL_TILES),
          runCase(options, 1_000_000, PLANNED),
        ],
  pages: [{ page: 'docs/cluster.md', render }],
};

function transferCase({ tiny, repeats, program }: BenchOptions): BenchCase {
  const bytes = (tiny ? 4 : 64) * MEBIBYTE;
  const payloads = repeats ?? (tiny ? 2 : 20);
  return {
    key: `transfer-${bytes / MEBIBYTE}`,
    label: `payloads of ${bytes / MEBIBYTE} MiB`,
    settings: { bytes, payloads },
    estimateSeconds: 20,
    diskBytes: 1e6,
    measure: () => measureTransfer(join(program, 'bench/tile-server.js'), bytes, payloads),
  };
}

function runCase(
  { tiny, repeats, workers, program }: BenchOptions,
  transcripts: number,
  { words: tiles, name, key }: RunTiles,
): BenchCase {
  const n = repeats ?? (tiny ? 1 : 3);
  return {
    key: `run-${transcripts}${key}`,
    label: `${number(transcripts)} transcripts, ${name}`,
    settings: { transcripts, tiles: tiles.join(' '), workers, repeats: n },
    estimateSeconds: tiny ? 30 : (15 + transcripts / 9000) * n,
    diskBytes: 1e9,
    skip: () => (hasBroker() ? null : 'no nats-server on the path'),
    measure: (workbench) =>
      measureClusterRun(workbench, program, { transcripts, tiles, workers, repeats: n }),
  };
}

function render(cases: readonly CaseResult[]): string {
  const transfers = cases.filter(({ key }) => key.startsWith('transfer-'));
  const runs = cases.filter(({ key }) => key.startsWith('run-'));
  return [
    table(
      ['transfer', 'fetch, MB/s', 'commit, MB/s', 'server, CPU s/GB', 'worker, CPU s/GB'],
      transfers.map(({ label, measured, quality }) => [
        label,
        show(measured.fetchMBs, 0),
        show(measured.commitMBs, 0),
        number(Number(quality.serverCpuSecondsPerGB), 2),
        number(Number(quality.clientCpuSecondsPerGB), 2),
      ]),
    ),
    `Wanted: ${WANTED_MB_PER_S} MB/s from one coordinator to its workers.`,
    runs.length === 0
      ? 'Whole runs: not measured yet.'
      : table(
          [
            'run',
            'worker processes, s',
            'cluster, s',
            'coordinator, CPU s',
            'coordinator, MiB',
            'busy per 8 workers',
            'same bytes',
          ],
          runs.map(({ label, measured, quality }) => [
            label,
            show(measured.aloneSeconds),
            show(measured.clusterSeconds),
            show(measured.coordinatorCpuSeconds),
            show(measured.coordinatorPeakBytes, 0, 1 / MEBIBYTE),
            `${show(measured.busyPerEightWorkers, 0, 100)} %`,
            quality.equal ? 'yes' : 'NO',
          ]),
        ),
    provenance(cases),
  ].join('\n\n');
}
