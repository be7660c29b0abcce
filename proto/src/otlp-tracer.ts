import { type Span as OtlpSpan, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type Attributes, type Span, TRACEPARENT, type Tracer } from './tracing.ts';

/** Longest time that a process stays to send its last spans, milliseconds. */
const FLUSH_MS = 3000;

/** Spans to an OpenTelemetry collector over HTTP, as the environment says (`OTEL_EXPORTER_OTLP_*`). */
export function otlpTracer(service: string): Tracer {
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': service })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ timeoutMillis: FLUSH_MS }))],
  });
  const tracer = provider.getTracer('spatile');
  const propagator = new W3CTraceContextPropagator();

  const wrapped = (span: OtlpSpan): Span => {
    const carrier: Record<string, string> = {};
    propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, {
      set: (to, key, value) => {
        to[key] = value;
      },
    });
    return {
      traceparent: carrier[TRACEPARENT] ?? '',
      child: (name, attributes) => begun(name, trace.setSpan(ROOT_CONTEXT, span), attributes),
      set: (attributes) => void span.setAttributes(attributes),
      end: (error) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end();
      },
    };
  };
  const begun = (name: string, context: typeof ROOT_CONTEXT, attributes: Attributes = {}): Span =>
    wrapped(tracer.startSpan(name, { attributes }, context));

  return {
    on: true,
    span: (name, parent, attributes) => {
      const carrier = parent === null ? {} : { [TRACEPARENT]: parent };
      const context = propagator.extract(ROOT_CONTEXT, carrier, {
        get: (from: Record<string, string>, key) => from[key],
        keys: (from) => Object.keys(from),
      });
      return begun(name, context, attributes);
    },
    close: async () => {
      const late = new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}
