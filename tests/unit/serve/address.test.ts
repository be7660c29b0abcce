import { isWildcard, readAddress, writeAddress } from '@spatile/coordinator/serve/address';
import { describe, expect, test } from 'vitest';

describe('an address', () => {
  test.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['[::1]:8080', '::1', 8080],
    ['localhost:0', 'localhost', 0],
  ])('%s is taken apart and put together again', (text, host, port) => {
    expect(readAddress('--http', text)).toEqual({ host, port });
    expect(writeAddress({ host, port })).toBe(text);
  });

  test.each(['127.0.0.1', '8080', ':8080', '::1:8080', 'host:', 'host:65536', 'host:x', ''])(
    '%j is refused in one sentence',
    (text) => {
      expect(() => readAddress('--http', text)).toThrow(/^--http: no address \(.*\); expected host:port/);
    },
  );

  test('of every address of a machine is told from others', () => {
    const isAny = (text: string): boolean => isWildcard(readAddress('--listen', text));
    expect(['0.0.0.0:1', '[::]:1', '[0:0:0:0:0:0:0:0]:1', '0:1'].map(isAny)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['10.0.0.5:1', '[::1]:1', 'host:1'].map(isAny)).toEqual([false, false, false]);
  });
});
