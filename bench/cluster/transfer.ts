import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { makeRoomForBuffers } from '@spatile/proto/heap-room';
import { TileClient } from '@spatile/worker/cluster/tile-client';
import type { CaseOutcome } from '../bench.ts';
import { spread } from '../statistics.ts';

const NOBODY = { ca: null, cert: null, key: null, token: null };

/** Fetches and commits payloads one after the other between two processes of this machine. */
export async function measureTransfer(server: string, bytes: number, payloads: number): Promise<CaseOutcome> {
  const child = spawn(process.execPath, [server, `${bytes}`, `${payloads}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close');
  const client = new TileClient(`127.0.0.1:${(await lines.next()).value}`, NOBODY);
  const [fetched, committed]: [number[], number[]] = [[], []];
  makeRoomForBuffers();
  const before = process.cpuUsage();
  let correct = true;
  try {
    for (let k = 0; k < payloads; k++) {
      const attempt = { run: 'bench', task: `t${k}`, epoch: 1, attemptId: `attempt-${k}`, worker: 'bench' };
      await client.begin(attempt);
      const started = performance.now();
      const input = await client.fetch(attempt);
      const middle = performance.now();
      const done = { type: 'done', task: attempt.task, attempt: 1, bytes: input } as const;
      const verdict = await client.commit(attempt, {
        ...done,
        seconds: 0,
        cpuSeconds: 0,
        peakRssBytes: 0,
        work: {},
      });
      const rate = (milliseconds: number): number => bytes / 1e6 / (milliseconds / 1000);
      fetched.push(rate(middle - started));
      committed.push(rate(performance.now() - middle));
      correct &&= verdict === 'COMMITTED' && input.length >= bytes;
    }
  } finally {
    client.close();
    child.stdin.end();
  }
  const { user, system } = process.cpuUsage(before);
  const serverCpu = Number((await lines.next()).value);
  await ended;
  return {
    measured: { fetchMBs: spread(fetched), commitMBs: spread(committed) },
    quality: {
      correct,
      clientCpuSecondsPerGB: (user + system) / 1e6 / ((2 * payloads * bytes) / 1e9),
      serverCpuSecondsPerGB: serverCpu / ((2 * payloads * bytes) / 1e9),
    },
    digest: '',
  };
}
