import { withoutSecret } from '@spatile/proto/broker';
import { describe, expect, test } from 'vitest';

describe('addresses of brokers', () => {
  test.each([
    ['nats://127.0.0.1:4222', 'nats://127.0.0.1:4222'],
    ['a:4222,b:4222', 'a:4222,b:4222'],
    ['nats://user:secret@host:1', 'nats://…@host:1'],
    ['user:secret@host', '…@host'],
    ['tls://user:sec/r@et@host', 'tls://…@host'],
    ['nats://user:secret@a,nats://user:secret@b', 'nats://…@b'],
    ['nats://user:se,cret@host', 'nats://…@host'],
  ])('%s are shown as %s', (url, shown) => {
    expect(withoutSecret(url)).toBe(shown);
  });
});
