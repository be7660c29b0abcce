import { ByteCache } from '@spatile/coordinator/partition/byte-cache';
import { expect, it } from 'vitest';

it('a cache keeps what was used last, up to its bytes, and always the newest', () => {
  const cache = new ByteCache<string, number>(10);
  cache.set('a', 1, 4);
  cache.set('b', 2, 4);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3, 4);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  cache.set('a', 9, 5);
  expect([cache.get('a'), cache.get('c')]).toEqual([9, 3]);
  cache.set('huge', 4, 99);
  expect([cache.get('a'), cache.get('c'), cache.get('huge')]).toEqual([undefined, undefined, 4]);
});
