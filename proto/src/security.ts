import { readFile } from 'node:fs/promises';
import { ChannelCredentials, Metadata, ServerCredentials } from '@grpc/grpc-js';
import { SpatileError } from '@spatile/formats/errors';

/** Files that prove who one is and say whom one trusts. All are optional; a certificate and its key come together. */
export interface SecurityFiles {
  /** Certificates of the authorities that are trusted, PEM. With it, connections are TLS. */
  ca: string | null;
  /** One's own certificate and key, PEM: required of a server with TLS, of a client where the server asks for it. */
  cert: string | null;
  key: string | null;
  /** A shared secret, one line. */
  token: string | null;
}

/** What was in the files. */
export interface Security {
  ca: Buffer | null;
  cert: Buffer | null;
  key: Buffer | null;
  token: string | null;
}

/** A shorter secret is guessed. */
const SHORTEST_TOKEN = 16;

/** Reads the files. Errors: `CLUSTER` for one that is missing, alone where it needs another, or too short to be a secret. */
export async function readSecurity(files: SecurityFiles): Promise<Security> {
  if ((files.cert === null) !== (files.key === null))
    throw refused(
      files.cert ?? files.key!,
      'a certificate and its key come together',
      'give both --tls-cert and --tls-key',
    );
  if (files.cert !== null && files.ca === null)
    throw refused(files.cert, 'no authority to check the other side with', 'give --tls-ca as well');
  const [ca, cert, key, token] = await Promise.all(
    [files.ca, files.cert, files.key, files.token].map(readOrNull),
  );
  const secret = token === null ? null : token.toString('utf8').trim();
  if (secret !== null && secret.length < SHORTEST_TOKEN)
    throw refused(
      files.token!,
      `${secret.length} characters`,
      `expected a secret of at least ${SHORTEST_TOKEN}; make one with openssl rand -hex 32`,
    );
  return { ca, cert, key, token: secret };
}

async function readOrNull(path: string | null): Promise<Buffer | null> {
  if (path === null) return null;
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw refused(
      path,
      cause.code ?? cause.message,
      'expected a readable file; check the path and its rights',
    );
  });
}

function refused(path: string, what: string, todo: string): SpatileError {
  return new SpatileError('CLUSTER', `${path}: cannot be used (${what}); ${todo}`);
}

/** How a server shows itself; with an authority it asks every client for a certificate of that authority. */
export function serverCredentials({ ca, cert, key }: Security): ServerCredentials {
  if (cert === null || key === null) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], ca !== null);
}

export function channelCredentials({ ca, cert, key }: Security): ChannelCredentials {
  return ca === null ? ChannelCredentials.createInsecure() : ChannelCredentials.createSsl(ca, key, cert);
}

/** What a client says with every call. */
export function callMetadata({ token }: Security): Metadata {
  const metadata = new Metadata();
  if (token !== null) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}
