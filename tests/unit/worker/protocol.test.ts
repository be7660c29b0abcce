import {
  CHUNK_BYTES,
  type Channel,
  type ChunkMessage,
  type FromWorker,
  PayloadAssembler,
  sendMessage,
  type TaskMessage,
  type ToWorker,
} from '@spatile/formats/tile/protocol';
import { describe, expect, it } from 'vitest';

const payload = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

const task = (bytes: Uint8Array, name = 'a', attempt = 1): TaskMessage => ({
  type: 'task',
  attempt,
  task: name,
  kind: 'assign.expand',
  bytes,
});

/** A channel that answers later, and knows how many messages were on their way at once. */
function slowChannel(): Channel & { sent: (ToWorker | FromWorker)[]; most: number } {
  let pending = 0;
  const channel = {
    sent: [] as (ToWorker | FromWorker)[],
    most: 0,
    send(message: unknown, _handle: undefined, _options: undefined, callback: (error: Error | null) => void) {
      channel.sent.push(message as ToWorker);
      channel.most = Math.max(channel.most, ++pending);
      setTimeout(() => {
        pending--;
        callback(null);
      }, 1);
      return true;
    },
  };
  return channel;
}

describe('sendMessage and PayloadAssembler', () => {
  it.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 77])(
    'carry a payload of %i bytes in pieces, one at a time',
    async (length) => {
      const channel = slowChannel();
      const bytes = payload(length);
      await sendMessage(channel, task(bytes));
      expect(channel.most).toBe(1);
      expect(channel.sent.length).toBe(Math.max(1, Math.ceil(length / CHUNK_BYTES)));
      for (const message of channel.sent as TaskMessage[])
        expect(message.bytes.length).toBeLessThanOrEqual(CHUNK_BYTES);
      const assembler = new PayloadAssembler();
      const received = (channel.sent as ToWorker[]).map((message) => assembler.accept(message));
      expect(received.slice(0, -1).every((message) => message === null)).toBe(true);
      const last = received.at(-1) as TaskMessage;
      expect(last.kind).toBe('assign.expand');
      expect(Buffer.compare(last.bytes, bytes)).toBe(0);
    },
  );

  it('keep payloads of different tasks and attempts apart', () => {
    const assembler = new PayloadAssembler();
    const piece = (name: string, attempt: number, ...bytes: number[]): ChunkMessage => ({
      type: 'chunk',
      task: name,
      attempt,
      bytes: Uint8Array.from(bytes),
    });
    assembler.accept(piece('a', 1, 1));
    assembler.accept(piece('b', 1, 2));
    assembler.accept(piece('a', 2, 3));
    expect([...(assembler.accept(task(Uint8Array.of(9), 'a', 1)) as TaskMessage).bytes]).toEqual([1, 9]);
    expect([...(assembler.accept(task(Uint8Array.of(9), 'a', 2)) as TaskMessage).bytes]).toEqual([3, 9]);
    expect([...(assembler.accept(task(Uint8Array.of(9), 'b', 1)) as TaskMessage).bytes]).toEqual([2, 9]);
  });

  it('align payloads that arrive in the middle of a buffer', () => {
    const bytes = new Uint8Array(64).subarray(3, 20);
    const message = new PayloadAssembler().accept(task(bytes)) as TaskMessage;
    expect(message.bytes.byteOffset).toBe(0);
    expect(message.bytes.length).toBe(17);
  });

  it('reject when the channel is closed', async () => {
    await expect(sendMessage({}, { type: 'stop' })).rejects.toThrow('closed');
    const broken: Channel = {
      send: (_m, _h, _o, callback) => {
        callback(new Error('EPIPE'));
        return false;
      },
    };
    await expect(sendMessage(broken, { type: 'stop' })).rejects.toThrow('EPIPE');
  });
});
