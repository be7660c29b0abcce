import { Metadata } from '@grpc/grpc-js';
import { callTraceparent, NO_TRACER, openTracer, tracedMetadata, traceparent } from '@spatile/proto/tracing';
import { describe, expect, test, vi } from 'vitest';

vi.mock('@opentelemetry/sdk-trace-base', () => {
  throw new Error('Cannot find package');
});

const CONTEXT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('tracing', () => {
  test('is off where no collector is named', async () => {
    const warn = vi.fn();
    expect(await openTracer('x', warn, {})).toBe(NO_TRACER);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' };
    expect(await openTracer('x', warn, env)).toBe(NO_TRACER);
    expect(warn).not.toHaveBeenCalled();
    expect(NO_TRACER.span('a', CONTEXT).child('b').traceparent).toBe('');
  });

  test('is off, and says so, where its packages are missing', async () => {
    const warn = vi.fn();
    expect(await openTracer('x', warn, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })).toBe(
      NO_TRACER,
    );
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/^tracing: its packages cannot be loaded \(.*\); /),
    );
  });

  test.each([
    [CONTEXT, CONTEXT],
    [`${CONTEXT}\n`, null],
    [CONTEXT.toUpperCase(), null],
    ['', null],
    [undefined, null],
    [Buffer.from(CONTEXT), null],
  ])('passes on a context only when it is one: %j', (given, taken) => {
    expect(traceparent(given)).toBe(taken);
  });

  test('goes with a call beside its secret, and not without a context', () => {
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer x');
    const traced = tracedMetadata(metadata, CONTEXT);
    expect(traced.get('authorization')).toEqual(['Bearer x']);
    expect(callTraceparent(traced)).toBe(CONTEXT);
    expect(callTraceparent(metadata)).toBeNull();
    expect(tracedMetadata(metadata, '')).toBe(metadata);
  });
});
