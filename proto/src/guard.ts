import { timingSafeEqual } from 'node:crypto';
import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { isSpatileError } from '@spatile/formats/errors';

/** A call without the secret. */
export class Refused extends Error {}

/** Looks whether a call carries the secret, in constant time; null asks for none. Throws `Refused`. */
export function checkToken(metadata: Metadata, token: string | null): void {
  if (token === null) return;
  const given = Buffer.from(String(metadata.get('authorization')[0] ?? ''));
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Refused();
}

/** An error as a status that tells the other side what to do, and its sentence. */
export function serviceError(error: unknown): ServiceError {
  const [code, details] = statusOf(error);
  return Object.assign(new Error(details), { code, details, metadata: undefined as unknown as Metadata });
}

function statusOf(error: unknown): [status, string] {
  if (error instanceof Refused)
    return [status.UNAUTHENTICATED, 'no valid token; give the --token-file of the cluster'];
  if (!isSpatileError(error))
    return [status.INTERNAL, error instanceof Error ? error.message : String(error)];
  if (error.code === 'DAMAGED_TRANSFER') return [status.DATA_LOSS, error.message];
  if (error.exitCode === 2 || error.exitCode === 3 || error.exitCode === 4)
    return [status.INVALID_ARGUMENT, error.message];
  if (error.code === 'CLUSTER') return [status.FAILED_PRECONDITION, error.message];
  // Such as a full disk: the other side keeps what it has and tries again.
  return [status.UNAVAILABLE, error.message];
}
