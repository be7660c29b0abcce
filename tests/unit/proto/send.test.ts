import { sendAll } from '@spatile/proto/send';
import { describe, expect, test } from 'vitest';

const NEVER = new Promise<never>(() => undefined);

/** A stream that takes a message when it is told to. */
class Slow {
  readonly taken: number[] = [];
  #written: () => void = () => undefined;

  write(message: number, written: () => void): void {
    this.taken.push(message);
    this.#written = written;
  }

  async take(): Promise<void> {
    this.#written();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('messages', () => {
  test('go out in turn, the next one made while the one before is on its way', async () => {
    const sink = new Slow();
    const made: number[] = [];
    const messages = function* (): Generator<number> {
      for (let k = 0; k < 4; k++) {
        made.push(k);
        yield k;
      }
    };
    const sending = sendAll(sink, messages(), NEVER);
    for (let k = 0; k < 4; k++) {
      await sink.take();
      expect(sink.taken.length).toBeLessThanOrEqual(k + 2);
      expect(made.length).toBeLessThanOrEqual(sink.taken.length + 1);
    }
    await sink.take();
    await sending;
    expect(sink.taken).toEqual([0, 1, 2, 3]);
  });

  test('are left out when nobody is there any more', async () => {
    const sink = new Slow();
    const left = Promise.resolve();
    await sendAll(sink, [1, 2, 3], left);
    expect(sink.taken.length).toBeLessThan(3);
  });

  test('fail with what the other end fails with', async () => {
    const broken = Promise.reject(new Error('gone'));
    await expect(sendAll(new Slow(), [1, 2, 3], broken)).rejects.toThrow('gone');
  });
});
