import { type ServiceError, status } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';
import { runServices } from '@spatile/proto/definition';
import type { RunEvent__Output } from '@spatile/proto/generated/spatile/v1/RunEvent';
import type { RunInfo__Output } from '@spatile/proto/generated/spatile/v1/RunInfo';
import type { RunsClient } from '@spatile/proto/generated/spatile/v1/Runs';
import type { SubmitRequest } from '@spatile/proto/generated/spatile/v1/SubmitRequest';
import { callMetadata, channelCredentials, readSecurity, type SecurityFiles } from '@spatile/proto/security';
import { tracedMetadata, traceparent } from '@spatile/proto/tracing';

const UNARY_MS = 30_000;
/** A watch that broke is taken up again so often, with so long between, milliseconds. */
const MOST_TRIES = 20;
const PAUSE_MS = 1000;

/** A server of runs, as its clients see it. Errors of all calls: `CLUSTER`, or `USAGE` for what it refuses. */
export class ServerClient {
  readonly #client: RunsClient;
  readonly #metadata: ReturnType<typeof callMetadata>;
  readonly #address: string;

  static async open(address: string, files: SecurityFiles): Promise<ServerClient> {
    const security = await readSecurity(files);
    const client = new (runServices().Runs)(address, channelCredentials(security), {
      // What is said goes to the server itself, whatever proxy the environment names.
      'grpc.enable_http_proxy': 0,
    });
    return new ServerClient(client, callMetadata(security), address);
  }

  private constructor(client: RunsClient, metadata: ReturnType<typeof callMetadata>, address: string) {
    this.#client = client;
    this.#metadata = metadata;
    this.#address = address;
  }

  /** The run becomes part of the trace that the environment names (`TRACEPARENT`), if it names one. */
  submit(request: SubmitRequest): Promise<RunInfo__Output> {
    const context = traceparent(process.env.TRACEPARENT) ?? undefined;
    const metadata = tracedMetadata(this.#metadata, context);
    return this.#unary((done) => this.#client.submit(request, metadata, limit(), done));
  }

  async list(): Promise<RunInfo__Output[]> {
    return (
      await this.#unary<{ runs: RunInfo__Output[] }>((done) =>
        this.#client.list({}, this.#metadata, limit(), done),
      )
    ).runs;
  }

  cancel(id: string): Promise<RunInfo__Output> {
    return this.#unary((done) => this.#client.cancel({ id }, this.#metadata, limit(), done));
  }

  /** Follows a run to its end, also when the connection breaks in between; gives its last state. */
  async watch(id: string, heard: (event: RunEvent__Output) => void): Promise<RunInfo__Output> {
    let last: RunInfo__Output | null = null;
    for (let tries = 1; ; tries++) {
      try {
        for await (const event of this.#client.watch(
          { id },
          this.#metadata,
        ) as AsyncIterable<RunEvent__Output>) {
          tries = 1;
          if (event.run !== null) last = event.run;
          heard(event);
        }
        if (last !== null && !['WAITING', 'RUNNING'].includes(last.state)) return last;
      } catch (error) {
        if ((error as ServiceError).code !== status.UNAVAILABLE || tries === MOST_TRIES)
          throw this.#refused(error as ServiceError);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  close(): void {
    this.#client.close();
  }

  #unary<T>(call: (done: (error: ServiceError | null, value?: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      call((error, value) => (error === null ? resolve(value!) : reject(this.#refused(error))));
    });
  }

  #refused(error: ServiceError): SpatileError {
    if (error.code === status.INVALID_ARGUMENT) return new SpatileError('USAGE', error.details);
    return new SpatileError(
      'CLUSTER',
      `${this.#address}: ${error.details || error.message}; expected a server of runs (spatile serve); check that it runs and that this machine may reach it`,
      { cause: error },
    );
  }
}

const limit = (): { deadline: number } => ({ deadline: Date.now() + UNARY_MS });
