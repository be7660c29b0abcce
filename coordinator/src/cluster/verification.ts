import type { AttemptMessage } from '@spatile/proto/messages';

/** A result that counts when another worker gives the same. */
interface Claim {
  digest: string;
  worker: string;
  attemptId: string;
  /** A second try of the same worker, where there is no other. */
  own: string | null;
}

export interface VerificationRules {
  /** Whether the result of a task counts only when two workers give the same. */
  verify: (task: string) => boolean;
  /** A worker is alone when no other was heard of for so long, milliseconds. */
  aloneMs: number;
  /** Milliseconds. */
  now: () => number;
  /** Hears once, in one sentence, that a worker repeats its own results. */
  warn: (message: string) => void;
}

/** What a result is to a task that two workers have to compute; `COMMITTED` and `ALREADY` add nothing to what is known. */
export type ClaimVerdict = 'FIRST' | 'COMMITTED' | 'ALREADY' | 'DIFFERENT' | 'COUNTS';

/**
 * Results that were given once and wait for another worker to give the same. Where no other worker is heard of for long, the one
 * that is there repeats its own: that still tells chance errors, and a run whose every tile waits for nobody would never end.
 */
export class Verification {
  readonly #rules: VerificationRules;
  /** By task. */
  readonly #claims = new Map<string, Claim>();
  /** The last two workers that were heard of, the latest last, and when. */
  #heard: { worker: string; at: number }[] = [];
  #since: number | null = null;
  #told = false;
  #agreed = 0;
  #repeated = 0;

  constructor(rules: VerificationRules) {
    this.#rules = rules;
  }

  /** Results that two workers gave alike, and results that one worker gave twice. */
  get counts(): { agreed: number; repeated: number } {
    return { agreed: this.#agreed, repeated: this.#repeated };
  }

  /** A worker lives. */
  heard(worker: string): void {
    const at = this.#rules.now();
    this.#since ??= at;
    this.#heard = [...this.#heard.filter((known) => known.worker !== worker), { worker, at }].slice(-2);
  }

  /** Whether a worker has to leave a task to another: its own result is the one that waits, and it is not alone. */
  elsewhere(task: string, worker: string): boolean {
    return this.#claims.get(task)?.worker === worker && !this.#alone(worker);
  }

  /** A worker has begun a task; a second time only where it is alone. */
  begun({ task, worker, attemptId }: AttemptMessage): void {
    const claim = this.#claims.get(task);
    if (claim?.worker !== worker) return;
    claim.own = attemptId;
    if (this.#told) return;
    this.#told = true;
    this.#rules.warn(
      `--verify: no other worker was heard of for ${this.#rules.aloneMs / 1000} s, so ${worker} computes its own results again, which does not tell a worker that is always wrong; expected at least two workers; start another one`,
    );
  }

  /** The verdict on a result; null for a task that one worker computes. */
  judge({ task, worker, attemptId }: AttemptMessage, digest: string): ClaimVerdict | null {
    const claim = this.#claims.get(task);
    if (claim === undefined) {
      if (!this.#rules.verify(task)) return null;
      this.#claims.set(task, { digest, worker, attemptId, own: null });
      return 'FIRST';
    }
    if (claim.digest !== digest) return 'DIFFERENT';
    if (claim.worker !== worker) this.#agreed++;
    else if (claim.own === attemptId) this.#repeated++;
    // The same try says it once more, or another of the same worker came to its end that was begun before.
    else return claim.attemptId === attemptId ? 'COMMITTED' : 'ALREADY';
    return 'COUNTS';
  }

  /** A task has its result. */
  done(task: string): void {
    this.#claims.delete(task);
  }

  #alone(worker: string): boolean {
    const other = this.#heard.find((known) => known.worker !== worker)?.at ?? this.#since;
    return other !== null && this.#rules.now() - other > this.#rules.aloneMs;
  }
}
