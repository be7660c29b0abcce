import { openTracer, type Span, type Tracer, traceparent } from '@spatile/proto/tracing';
import type { ProgressEvent, RunOptions } from '../api.ts';

/** The trace of a run: one span for it, below it one for each step, below these those of tiles. Off unless a collector is named. */
export class RunTrace {
  readonly tracer: Tracer;
  readonly #run: Span;
  readonly #steps = new Map<string, Span>();

  private constructor(tracer: Tracer, run: Span) {
    this.tracer = tracer;
    this.#run = run;
  }

  /** Begins the trace of a run, below that of whoever started it (`TRACEPARENT`). */
  static async open({ config, mode, progress }: RunOptions): Promise<RunTrace> {
    const tracer = await openTracer('spatile-coordinator', (message) =>
      progress({ kind: 'warning', message }),
    );
    const parent = traceparent(process.env.TRACEPARENT);
    const attributes = { 'spatile.mode': mode, 'spatile.assign': config.assign.method };
    return new RunTrace(tracer, tracer.span('run', parent, attributes));
  }

  hear(event: ProgressEvent): void {
    if (event.kind === 'step') {
      this.#steps.get(event.step)?.end();
      this.#steps.set(event.step, this.#run.child(`step ${event.step}`, { 'spatile.step': event.step }));
    } else if (event.kind === 'step-end') {
      this.#steps.get(event.step)?.end();
      this.#steps.delete(event.step);
    }
  }

  /** A tile that is handed out. */
  task(step: string, task: string, round: string): Span {
    const attributes = { 'spatile.task': task, 'spatile.round': round };
    return (this.#steps.get(step) ?? this.#run).child('tile', attributes);
  }

  /** Ends the trace and sends it. @param error why the run failed; it did not when absent. */
  async close(error?: unknown): Promise<void> {
    const text = error === undefined ? undefined : error instanceof Error ? error.message : String(error);
    for (const step of this.#steps.values()) step.end(text);
    this.#run.end(text);
    await this.tracer.close();
  }
}
