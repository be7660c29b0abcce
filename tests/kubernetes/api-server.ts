import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Job } from '@kubernetes/client-node';
import { type KubernetesObject, problemsOf } from './schema.ts';

const NAMESPACE = 'lab';
const TOKEN = 'a token of the tests';

/** One call as the rights of Kubernetes name it. */
export interface Call {
  verb: string;
  resource: string;
  name: string;
}

/** What the server does instead of answering. */
type Fault = 'refuse' | 'break' | 'silence' | 'endless' | null;

/**
 * The part of an API server that concerns Jobs, on 127.0.0.1 with TLS and a token: it takes what Kubernetes' OpenAPI allows and
 * answers what Kubernetes answers, a page of two Jobs at a time.
 */
export class ApiServer {
  readonly calls: Call[] = [];
  readonly jobs = new Map<string, V1Job>();
  /** Objects that it would not take, and why. */
  readonly refused: string[] = [];
  fault: Fault = null;
  /** Hears what was made, changed and removed. */
  changed: (job: V1Job, removed: boolean) => void = () => {};
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.#server = server;
    this.kubeconfig = join(folder, 'kubeconfig');
  }

  static async start(): Promise<ApiServer> {
    const folder = mkdtempSync(join(tmpdir(), 'spatile-kubernetes-'));
    const made = spawnSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', 'key.pem', '-out', 'cert.pem', '-days', '1', '-subj', '/CN=tests'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name)));
    const server = createServer({ key, cert });
    const api = new ApiServer(folder, server);
    server.on('request', (request, response) => void api.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: {
            server: `https://127.0.0.1:${port}`,
            'certificate-authority-data': cert.toString('base64'),
          },
        },
      ],
      users: [{ name: 'u', user: { token: TOKEN } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: NAMESPACE } }],
      'current-context': 'x',
    };
    writeFileSync(api.kubeconfig, JSON.stringify(config));
    return api;
  }

  /** Changes what the server would change by itself, such as the status. */
  change(name: string, change: (job: V1Job) => void): void {
    change(this.jobs.get(name)!);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    if (this.fault === 'silence') return;
    if (this.fault === 'break') {
      request.socket.destroy();
      return;
    }
    const body = pieces.length === 0 ? null : JSON.parse(Buffer.concat(pieces).toString());
    const [code, answer] = this.#do(request, body);
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }

  #do({ method, url, headers }: IncomingMessage, body: unknown): [number, object] {
    if (headers.authorization !== `Bearer ${TOKEN}`) return status(401, 'Unauthorized', 'who are you');
    const { pathname, searchParams } = new URL(url!, 'https://x');
    const [, resource, name = ''] =
      /^\/apis\/batch\/v1\/namespaces\/lab\/([a-z]+)(?:\/([a-z0-9-]+))?$/.exec(pathname) ?? [];
    const verb = { GET: name ? 'get' : 'list', POST: 'create', PATCH: 'patch', DELETE: 'delete' }[method!]!;
    this.calls.push({ verb, resource: resource ?? pathname, name });
    if (this.fault === 'refuse')
      return status(403, 'Forbidden', `jobs.batch is forbidden: User "u" cannot ${verb} resource "jobs"`);
    if (resource !== 'jobs') return status(404, 'NotFound', 'no such path');
    if (verb === 'list') return this.#list(searchParams);
    if (verb === 'create') return this.#create(body as V1Job & KubernetesObject);
    const job = this.jobs.get(name);
    if (job === undefined) return status(404, 'NotFound', `jobs.batch "${name}" not found`);
    if (verb === 'patch') return this.#patch(job, headers['content-type'] ?? '', body);
    if (verb !== 'delete') return status(405, 'MethodNotAllowed', verb);
    this.jobs.delete(name);
    this.changed(job, true);
    return [200, { kind: 'Status', apiVersion: 'v1', status: 'Success', details: body ?? {} }];
  }

  #list(query: URLSearchParams): [number, object] {
    const wanted = (query.get('labelSelector') ?? '').split(',').map((term) => term.split('='));
    const all = [...this.jobs.values()].filter(({ metadata }) =>
      wanted.every(([key, value]) => metadata?.labels?.[key] === value),
    );
    const from = Number(query.get('continue') ?? 0);
    const more = from + 2 < all.length || this.fault === 'endless' ? { continue: String(from + 2) } : {};
    const items = all.slice(from, from + 2);
    return [
      200,
      { kind: 'JobList', apiVersion: 'batch/v1', metadata: { resourceVersion: '1', ...more }, items },
    ];
  }

  #create(job: V1Job & KubernetesObject): [number, object] {
    const problems = problemsOf(job);
    this.refused.push(...problems);
    if (problems.length > 0) return status(422, 'Invalid', problems.join('; '));
    const { name } = job.metadata;
    if (name.length > 63 || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
      return status(422, 'Invalid', `metadata.name: ${name}`);
    if (this.jobs.has(name)) return status(409, 'AlreadyExists', `jobs.batch "${name}" already exists`);
    this.jobs.set(name, job);
    this.changed(job, false);
    return [201, job];
  }

  #patch(job: V1Job, type: string, body: unknown): [number, object] {
    const [operation] = body as { op: string; path: string; value: unknown }[];
    const isRight =
      type.startsWith('application/json-patch+json') &&
      operation.op === 'replace' &&
      operation.path === '/spec/parallelism' &&
      Number.isInteger(operation.value);
    if (!isRight) return status(415, 'UnsupportedMediaType', `${type}: ${JSON.stringify(body)}`);
    job.spec!.parallelism = operation.value as number;
    this.changed(job, false);
    return [200, job];
  }
}

const status = (code: number, reason: string, message: string): [number, object] => [
  code,
  { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message },
];
