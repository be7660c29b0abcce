import { readFileSync } from 'node:fs';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { type Running, until } from '../../pipeline/process.ts';
import { freePort } from '../broker.ts';
import { Cluster } from '../cluster.ts';
import { MeddlingProxy } from '../meddling-proxy.ts';

/** Workers of a scene when nothing is amiss. */
const WORKERS = 2;
/** Of the larger pieces that pass between workers and coordinator, the one that is meddled with. */
const EVERY = 5;
const LARGE = 1000;

/** One run on a cluster of its own, with everything at hand that a fault can hit. */
export class Scene {
  readonly cluster: Cluster;
  readonly output: string;
  /** What happens to the bytes between workers and coordinator. */
  network: 'calm' | 'cut' | 'flip' = 'calm';
  /** The coordinator; another one after it was killed. */
  running: Running;
  resumed = 0;
  readonly #start: (...more: string[]) => Running;
  readonly #proxy: MeddlingProxy;

  static async open(slide: string, output: string, settings: RunConfigInput): Promise<Scene> {
    const cluster = await Cluster.start(WORKERS);
    const [port, front] = [await freePort(), await freePort()];
    let large = 0;
    let scene: Scene | null = null;
    const proxy = await MeddlingProxy.to(
      () => port,
      front,
      (bytes) => {
        if (scene === null || scene.network === 'calm') return bytes;
        if (bytes.length < LARGE || ++large % EVERY !== 0) return bytes;
        if (scene.network === 'cut') return 'cut';
        const out = Buffer.from(bytes);
        out[bytes.length >> 1] ^= 4;
        return out;
      },
    );
    const where = ['--listen', `127.0.0.1:${port}`, '--advertise', proxy.address];
    scene = new Scene(cluster, output, proxy, (...more) =>
      cluster.run(slide, output, settings, ...where, ...more),
    );
    return scene;
  }

  private constructor(
    cluster: Cluster,
    output: string,
    proxy: MeddlingProxy,
    start: (...more: string[]) => Running,
  ) {
    this.cluster = cluster;
    this.output = output;
    this.#proxy = proxy;
    this.#start = start;
    this.running = start();
  }

  /** Whether the coordinator has a queue; false when it ended before it had one. */
  ready(): Promise<boolean> {
    return until(this.running, () => this.running.stderr().includes('cluster: run'));
  }

  /** Goes on with the run after its coordinator has ended. */
  resume(): void {
    this.resumed++;
    this.running = this.#start('--resume');
    // The others leave the run out for a while.
    this.cluster.addWorker();
  }

  get livingWorkers(): Running[] {
    return this.cluster.workers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  }

  /** As many workers as there should be. */
  replenish(): void {
    const living = this.livingWorkers;
    for (let i = living.length; i < WORKERS; i++) this.cluster.addWorker();
    for (const { child } of living.slice(0, Math.max(0, living.length - WORKERS - 1))) child.kill('SIGKILL');
  }

  /** Name of the run on the queue. */
  get name(): string {
    return JSON.parse(readFileSync(`${runDirectoryFor(this.output)}/cluster.json`, 'utf8')).run;
  }

  async close(): Promise<void> {
    this.#proxy.close();
    await this.cluster.end();
  }
}
