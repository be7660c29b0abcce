import type { ImageSource } from '../bundle/slide.ts';
import { SpatileError } from '../errors.ts';
import { type Affine, IDENTITY } from '../space.ts';
import type { Encoders } from './encoders.ts';
import { writeImage } from './image.ts';
import { type LabelSource, writeLabelImage } from './label-image.ts';
import { type TranscriptLabels, writeLabelledPoints } from './labelled-points.ts';
import { groupJson, rootJson } from './metadata.ts';
import { nameProblem } from './names.ts';
import type { PointCells } from './point-columns.ts';
import { type PointsBatch, type PointsSpec, writePoints } from './points.ts';
import { type ShapesBatch, writeShapes } from './shapes.ts';
import { PartialStore } from './store.ts';
import { type StreamedTable, writeTable } from './table.ts';
import { compose, transformations } from './transforms.ts';

export type { CsrBlock, CsrBlocks } from './csr-blocks.ts';
export type { Encoders } from './encoders.ts';
export type { LabelSource } from './label-image.ts';
export type { EarlyPoints, PointCells } from './point-columns.ts';
export type { PointsBatch, PointsSpec } from './points.ts';
export type { ShapesBatch } from './shapes.ts';
export type { CsrMatrix, DenseRows, StreamedTable, TableColumn, TableSpec, UnsValue } from './table.ts';

/**
 * Writes one SpatialData store (container 0.2, Zarr v3). Each element is written once; elements may be written side by side.
 * After an error the store is unusable: call `abort` when nothing is being written any more.
 */
export interface SpatialDataWriter {
  /** Streams transcripts; memory is two row groups. */
  points(name: string, spec: PointsSpec, batches: AsyncIterable<PointsBatch | PointCells>): Promise<void>;
  /** Streams what a method says of transcripts in cells; false when there was none and the element was left out. */
  labels(
    labels: TranscriptLabels,
    names: { features: readonly string[]; cellIds: readonly string[] },
  ): Promise<boolean>;
  /** Streams polygons; false when there was none and the element was left out (SpatialData refuses empty ones). */
  shapes(name: string, batches: AsyncIterable<ShapesBatch>): Promise<boolean>;
  table(name: string, table: StreamedTable): Promise<void>;
  /** Streams an image from TIFF planes into a pyramid. */
  image(name: string, source: ImageSource): Promise<void>;
  /** Streams a raster of labels into a pyramid. */
  labelImage(name: string, source: LabelSource): Promise<void>;
  /** Writes the metadata of the whole and renames the folder into place. `digest`: SHA-256 as `digestOfStore`; `bytes`: of all files. */
  finish(): Promise<{ digest: string; bytes: number }>;
  /** Removes everything that was written. */
  abort(): Promise<void>;
}

export interface SpatialDataOptions {
  /** Stored under `spatile` in the root attributes: configuration, versions, input digests, seed. */
  attrs: Record<string, unknown>;
  /** Microns per pixel of the main image; null without one. */
  pixelSizeUm: number | null;
  /** From microns to the frame `global` (level-0 pixels of the main image). Identity: by `pixelSizeUm` if that is given. */
  micronsToGlobal: Affine;
  /** Who encodes columns and chunks; the writer itself when absent. */
  encoders?: Encoders;
}

/**
 * Begins a store at `path`, in `<path>.partial` until `finish`.
 * Errors: `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`, `DISK_FULL` here and from every method that writes.
 */
export async function createSpatialData(
  path: string,
  options: SpatialDataOptions,
): Promise<SpatialDataWriter> {
  const store = await PartialStore.create(path, options.encoders);
  const toGlobal = globalFrame(options);
  const vectorTargets: [string, Affine][] = [
    ['global', toGlobal],
    ['microns', IDENTITY],
  ];
  const names = new Set<string>();
  const labelImages: string[] = [];

  async function claim(type: string, name: string): Promise<void> {
    const problem =
      nameProblem(name) ?? (names.has(name.toLowerCase()) ? 'is already taken (ignoring case)' : null);
    if (problem !== null) throw new SpatileError('INTERNAL', `element ${name}: the name ${problem}`);
    names.add(name.toLowerCase());
    // The group of labels lists them, so it is written when all are known.
    if (type !== 'labels' && !store.hasNode(type)) await store.node(type, groupJson({}));
  }

  return {
    async points(name, spec, batches) {
      await claim('points', name);
      await writePoints(store, name, spec, batches, vectorTargets);
    },
    async labels(labels, { features, cellIds }) {
      await claim('points', labels.name);
      const spec = { features, cellIds, hasZ: labels.hasZ, columns: labels.columns };
      const targets = transformations(labels.hasZ ? 'xyz' : 'xy', vectorTargets);
      return writeLabelledPoints(store, labels.name, spec, labels.batches(), targets);
    },
    async shapes(name, batches) {
      await claim('shapes', name);
      return writeShapes(store, name, batches, vectorTargets);
    },
    async table(name, table) {
      await claim('tables', name);
      await writeTable(store, name, table);
    },
    async image(name, source) {
      await claim('images', name);
      await writeImage(store, name, source, [
        ['global', compose(toGlobal, source.pixelToUm)],
        ['microns', source.pixelToUm],
      ]);
    },
    async labelImage(name, source) {
      await claim('labels', name);
      labelImages.push(name);
      await writeLabelImage(store, name, source, [
        ['global', compose(toGlobal, source.pixelToUm)],
        ['microns', source.pixelToUm],
      ]);
    },
    async finish() {
      if (labelImages.length > 0) await store.node('labels', groupJson({ ome: { labels: labelImages } }));
      const digest = await store.finish(rootJson({ spatile: options.attrs }, store.nodes()));
      return { digest, bytes: store.bytes };
    },
    abort: () => store.abort(),
  };
}

function globalFrame({ pixelSizeUm, micronsToGlobal }: SpatialDataOptions): Affine {
  const given = micronsToGlobal.some((value, i) => value !== IDENTITY[i]);
  if (given || pixelSizeUm === null) return micronsToGlobal;
  return [1 / pixelSizeUm, 0, 0, 0, 1 / pixelSizeUm, 0, 0, 0, 1];
}
