import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Buffers that may become garbage before the whole heap is searched for it, bytes. */
const ROOM_BYTES = 128 * 2 ** 20;

/**
 * Lets the heap of this process grow by 128 MiB between two collections. Buffers of transfers count as heap, so that V8 would search all
 * of a heap that is small, or hardly changes, for every few megabytes that come or go: half of the processor time of a
 * transfer. A heap larger than that grows as V8 thinks best. To be called again when the heap has grown.
 */
export function makeRoomForBuffers(): void {
  const percent = Math.floor((100 * ROOM_BYTES) / getHeapStatistics().used_heap_size);
  setFlagsFromString(`--heap-growing-percent=${percent >= 100 ? percent : 0}`);
}
