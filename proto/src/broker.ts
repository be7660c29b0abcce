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
    servers: url.split(',').map((server) => server.trim()),
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

/** A URL as it may be shown and logged. */
export function withoutSecret(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, '//…@');
}
