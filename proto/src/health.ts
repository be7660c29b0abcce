import { type Server, type ServerWritableStream, status } from '@grpc/grpc-js';
import { healthServices } from './definition.ts';
import type { HealthCheckRequest__Output } from './generated/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from './generated/grpc/health/v1/HealthCheckResponse.ts';

/** Probes that may watch at once. */
const MOST_WATCHERS = 100;

type Watcher = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

/**
 * gRPC's health protocol for one server: asks for no secret, since probes have none, and tells nothing but whether it takes
 * calls. All services of a server are in the same state.
 */
export class Health {
  readonly #services: ReadonlySet<string>;
  readonly #watchers = new Set<Watcher>();
  #serving: boolean;

  /** @param services names such as `spatile.v1.Runs`; the empty name stands for the server. */
  constructor(services: readonly string[], serving: boolean) {
    this.#services = new Set(['', ...services]);
    this.#serving = serving;
  }

  set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const watcher of this.#watchers) watcher.write(this.#state());
  }

  addTo(server: Server): void {
    server.addService(healthServices().Health.service, {
      Check: (
        call: { request: HealthCheckRequest__Output },
        reply: (error: { code: status; details: string } | null, value?: HealthCheckResponse) => void,
      ) => {
        if (this.#services.has(call.request.service)) reply(null, this.#state());
        else reply({ code: status.NOT_FOUND, details: 'no such service' });
      },
      Watch: (call: Watcher) => this.#watch(call),
    });
  }

  #watch(call: Watcher): void {
    call.on('error', () => undefined);
    if (this.#watchers.size >= MOST_WATCHERS) {
      const details = 'too many watch this server';
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details });
      return;
    }
    if (!this.#services.has(call.request.service)) {
      call.write({ status: 'SERVICE_UNKNOWN' });
      return;
    }
    this.#watchers.add(call);
    for (const event of ['close', 'cancelled']) call.once(event, () => this.#watchers.delete(call));
    call.write(this.#state());
  }

  #state(): HealthCheckResponse {
    return { status: this.#serving ? 'SERVING' : 'NOT_SERVING' };
  }
}
