import { services } from '@spatile/proto/definition';
import { ChunkMemory, encodedChunks } from '@spatile/proto/encoded-chunks';
import { type Payload, payloadOf } from '@spatile/proto/payload';
import { PayloadReader } from '@spatile/proto/transfer';
import { describe, expect, test } from 'vitest';

const { Fetch } = services().TileData.service;
const HALF_MEBIBYTE = 512 * 1024;
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7919) >> 3);

/** Chunks of a payload as Protocol Buffers decode them, each taken before the next is made. */
async function decoded(payload: Payload, offset = 0, memory = new ChunkMemory()) {
  const chunks = [];
  for await (const chunk of encodedChunks(payload, offset, memory))
    chunks.push(Fetch.responseDeserialize(Buffer.from(Fetch.responseSerialize(chunk as never))));
  return chunks;
}

describe('chunks that are encoded here', () => {
  test.each([0, 1, 127, 128, HALF_MEBIBYTE - 1, HALF_MEBIBYTE, HALF_MEBIBYTE + 1, 3_000_017])(
    'are those of the contract, for %i bytes',
    async (length) => {
      const payload = bytesOf(length);
      const chunks = await decoded(payloadOf(payload));
      expect(chunks[0].header).toEqual({ totalBytes: length });
      const reader = new PayloadReader('test');
      for (const chunk of chunks) reader.accept(chunk);
      expect(Buffer.compare(reader.finish().bytes, payload)).toBe(0);
    },
  );

  test('say the numbers that need more than 32 bits', async () => {
    const length = 3 * 2 ** 40 + 3;
    const endless = { ...payloadOf(new Uint8Array(0)), length };
    for await (const chunk of encodedChunks(endless, 0, new ChunkMemory())) {
      const { header } = Fetch.responseDeserialize(Buffer.from(chunk.bytes));
      expect(header).toEqual({ totalBytes: length });
      break;
    }
  });

  test('go on where a transfer broke', async () => {
    const payload = bytesOf(3 * HALF_MEBIBYTE);
    const reader = new PayloadReader('test');
    for (const chunk of (await decoded(payloadOf(payload))).slice(0, 2)) reader.accept(chunk);
    for (const chunk of await decoded(payloadOf(payload), reader.received)) reader.accept(chunk);
    expect(Buffer.compare(reader.finish().bytes, payload)).toBe(0);
  });

  test('leave their memory to the next payload, whole or broken off', async () => {
    const memory = new ChunkMemory();
    await decoded(payloadOf(bytesOf(10)), 0, memory);
    const [first, second] = [memory.take(), memory.take()];
    memory.give(first);
    memory.give(second);
    for await (const _ of encodedChunks(payloadOf(bytesOf(3 * HALF_MEBIBYTE)), 0, memory)) break;
    expect(new Set([memory.take(), memory.take()])).toEqual(new Set([first, second]));
  });

  test('fail with what the payload fails with', async () => {
    const broken = { ...payloadOf(bytesOf(10)), read: async () => Promise.reject(new Error('gone')) };
    await expect(decoded(broken)).rejects.toThrow('gone');
  });
});
