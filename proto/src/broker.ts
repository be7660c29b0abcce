import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from '@nats-io/transport-node';
import { SpatileError } from '@spatile/formats/errors';
import type { Security } from './security.ts';

export interface BrokerOptions {
  /** Such as `nats://127.0.0.1:4222`; several are separated by commas. User and password may stand in it. */
  url: string;
  /** Who connects, for the broker's own pages. */
  name: string;
  security: Security;
  /** Content of a NATS credentials file; null without one. */
  credentials: Buffer | null;
}

/** A silent broker is noticed after two of them, milliseconds. */
const PING_MS = 10_000;
/** Longest wait for the first connection, milliseconds. */
const CONNECT_MS = 10_000;

/**
 * Connects to NATS and stays connected through its restarts: a lost connection is tried again for ever.
 * Errors: `CLUSTER` when the first connection fails.
 */
export async function connectBroker({
  url,
  name,
  security,
  credentials,
}: BrokerOptions): Promise<NatsConnection> {
  const options: ConnectionOptions = {
    ...addressed(url),
    name,
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1000,
    reconnectJitter: 500,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ignoreAuthErrorAbort: true,
    inboxPrefix: '_INBOX_w',
    noAsyncTraces: true,
    ...(security.ca === null
      ? {}
      : {
          tls: {
            ca: security.ca.toString(),
            ...(security.cert === null
              ? {}
              : { cert: security.cert.toString(), key: security.key!.toString() }),
          },
        }),
    ...(credentials === null ? {} : { authenticator: credsAuthenticator(credentials) }),
  };
  try {
    return await connect(options);
  } catch (cause) {
    throw new SpatileError(
      'CLUSTER',
      `${withoutSecret(url)}: no connection to NATS (${cause instanceof Error ? cause.message : cause}); expected a running nats-server with JetStream (nats-server -js); check the address, its certificates and credentials`,
      { cause },
    );
  }
}

/** Servers of a URL, and the user in it: the client takes them apart. Errors: `CLUSTER` for what is no URL. */
function addressed(url: string): Pick<ConnectionOptions, 'servers' | 'user' | 'pass'> {
  const parsed = url.split(',').map((server) => {
    const text = server.trim();
    const whole = text.includes('://') ? text : `nats://${text}`;
    if (URL.canParse(whole)) return new URL(whole);
    throw new SpatileError(
      'CLUSTER',
      `${withoutSecret(url)}: not the address of a broker; expected one such as nats://127.0.0.1:4222; correct it`,
    );
  });
  const login = parsed.find(({ username }) => username !== '');
  return {
    servers: parsed.map(({ host }) => host),
    ...(login === undefined
      ? {}
      : { user: decodeURIComponent(login.username), pass: decodeURIComponent(login.password) }),
  };
}

/** Whether two URLs name the same servers, whoever connects. Errors: `CLUSTER` for what is no URL. */
export function isSameBroker(one: string, other: string): boolean {
  const named = (url: string): string =>
    (addressed(url).servers as string[])
      .map((host) => (/:\d+$/.test(host) ? host : `${host}:4222`).toLowerCase())
      .sort()
      .join();
  return named(one) === named(other);
}

/** URLs of a broker as they may be shown and logged: nothing before the last `@` but the scheme. */
export function withoutSecret(url: string): string {
  return url.replace(
    /^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is,
    (_, scheme: string | undefined) => `${scheme ?? ''}…@`,
  );
}
