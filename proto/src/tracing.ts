import type { Metadata } from '@grpc/grpc-js';

/** What is known of a piece of work beside its name. */
export type Attributes = Record<string, string | number | boolean>;

/** One piece of work in a trace. */
export interface Span {
  /** W3C trace context, as it goes to others; empty when nothing is traced. */
  readonly traceparent: string;
  child(name: string, attributes?: Attributes): Span;
  set(attributes: Attributes): void;
  /** @param error why it failed; it did not when absent. */
  end(error?: string): void;
}

/** Where spans go. Without a collector nothing is loaded, and spans do nothing. */
export interface Tracer {
  readonly on: boolean;
  /** @param parent W3C trace context of what asked for it; anything else begins a trace. */
  span(name: string, parent: string | null, attributes?: Attributes): Span;
  /** Sends what is left, not for longer than a few seconds. */
  close(): Promise<void>;
}

const NO_SPAN: Span = {
  traceparent: '',
  child: () => NO_SPAN,
  set: () => undefined,
  end: () => undefined,
};

export const NO_TRACER: Tracer = { on: false, span: () => NO_SPAN, close: async () => undefined };

/** Name of the W3C trace context in NATS headers and gRPC metadata. */
export const TRACEPARENT = 'traceparent';

/** A W3C trace context as it may be passed on; null for anything else, which others may send. */
export function traceparent(text: unknown): string | null {
  return typeof text === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text) ? text : null;
}

/** The trace context of a call. */
export const callTraceparent = (metadata: Metadata): string | null =>
  traceparent(metadata.get(TRACEPARENT)[0]);

/** Metadata of a call with a trace context; the same metadata without one. */
export function tracedMetadata(metadata: Metadata, context: string | undefined): Metadata {
  if (context === undefined || context === '') return metadata;
  const traced = metadata.clone();
  traced.set(TRACEPARENT, context);
  return traced;
}

/**
 * Opens the tracer of a process: on when the environment names a collector as OpenTelemetry's own variables do
 * (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`; others such as `OTEL_TRACES_SAMPLER` count as well).
 * @param warn hears when its packages, which are optional, are not installed; nothing is traced then.
 */
export async function openTracer(
  service: string,
  warn: (text: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Tracer> {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_SDK_DISABLED === 'true') return NO_TRACER;
  try {
    return (await import('./otlp-tracer.ts')).otlpTracer(env.OTEL_SERVICE_NAME || service);
  } catch (error) {
    warn(
      `tracing: its packages cannot be loaded (${error instanceof Error ? error.message.split('\n')[0] : error}); expected the optional packages of spatile; install them with npm install --include=optional`,
    );
    return NO_TRACER;
  }
}
