import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { SpatileError } from '@spatile/formats/errors';
import { EncodedChunk } from './encoded-chunks.ts';
import type { ProtoGrpcType as Health } from './generated/health.ts';
import type { ProtoGrpcType as Runs } from './generated/runs.ts';
import type { Chunk } from './generated/spatile/v1/Chunk.ts';
import type { ProtoGrpcType as Tiles } from './generated/tiles.ts';

/** How messages look in JavaScript; `npm run proto` makes the types with the same settings. */
const SHAPE = { longs: Number, enums: String, defaults: true, oneofs: true } as const;

let tiles: Tiles['spatile']['v1'] | null = null;

/** What workers and coordinators speak; read once. Errors: `INTERNAL` when the built program lacks the contract. */
export function services(): Tiles['spatile']['v1'] {
  tiles ??= withEncodedChunks(
    (loadPackageDefinition(loadSync(contract('tiles.proto'), SHAPE)) as unknown as Tiles).spatile.v1,
  );
  return tiles;
}

/** Lets a server send chunks that are encoded already. */
function withEncodedChunks(known: Tiles['spatile']['v1']): Tiles['spatile']['v1'] {
  const { Fetch } = known.TileData.service;
  const encode = Fetch.responseSerialize;
  Object.assign(Fetch, {
    responseSerialize: (chunk: Chunk | EncodedChunk): Buffer =>
      chunk instanceof EncodedChunk ? chunk.bytes : encode(chunk),
  });
  return known;
}

/** What clients and servers of runs speak. Errors: `INTERNAL` when the built program lacks the contract. */
export function runServices(): Runs['spatile']['v1'] {
  return (loadPackageDefinition(loadSync(contract('runs.proto'), SHAPE)) as unknown as Runs).spatile.v1;
}

/** What probes speak. Errors: `INTERNAL` when the built program lacks the contract. */
export function healthServices(): Health['grpc']['health']['v1'] {
  return (loadPackageDefinition(loadSync(contract('health.proto'), SHAPE)) as unknown as Health).grpc.health
    .v1;
}

/** Beside the built coordinator or worker, or in the sources (tests). */
function contract(name: string): string {
  for (const relative of ['../proto/', '../spatile/v1/', '../grpc/health/v1/']) {
    const path = fileURLToPath(new URL(`${relative}${name}`, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SpatileError('INTERNAL', `dist/proto/${name} is missing; run npm run build`);
}
