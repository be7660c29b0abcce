import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** A span as a collector gets it over OTLP/HTTP in JSON, with the service that sent it. */
export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: Record<string, unknown>;
  status: { code?: number; message?: string };
}

interface Sent {
  key: string;
  value: Record<string, unknown>;
}

const record = (attributes: Sent[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** A collector of a test's own, on the loopback interface. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly #server: Server;

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let text = '';
      for await (const piece of request.setEncoding('utf8')) text += piece;
      if (request.url === '/v1/traces') this.#take(JSON.parse(text));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #take({ resourceSpans }: { resourceSpans: Record<string, never>[] }): void {
    for (const { resource, scopeSpans } of resourceSpans as unknown as {
      resource: { attributes: Sent[] };
      scopeSpans: { spans: (ReceivedSpan & { attributes: Sent[] })[] }[];
    }[])
      for (const { spans } of scopeSpans)
        for (const span of spans)
          this.spans.push({
            ...span,
            service: String(record(resource.attributes)['service.name']),
            attributes: record(span.attributes),
          });
  }
}
