import { afterEach, describe, expect, test, vi } from 'vitest';
import { simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { hasBroker } from './broker.ts';
import { Cluster } from './cluster.ts';

vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const PACKAGES = ['@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/sdk-trace-base'];
const installed = await Promise.all(PACKAGES.map((name) => import(name))).then(
  () => true,
  () => false,
);
if (!installed)
  console.warn('tests of traces are skipped: the optional packages of OpenTelemetry are not installed');
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const settings = { assign: { method: 'expand' }, plan: { tileSizeUm: 80, minTileSizeUm: 40 } } as const;

describe.skipIf(!hasBroker || !installed)('the trace of a run on a cluster', () => {
  let receiver: OtlpReceiver;
  let cluster: Cluster | null = null;
  afterEach(async () => {
    vi.unstubAllEnvs();
    await cluster?.end();
    receiver.close();
  });

  test('is one, from whoever asked for the run to the workers and back', async () => {
    receiver = await OtlpReceiver.start();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
    cluster = await Cluster.start(1);
    const slide = await simulatedSlide(at('slide'));
    vi.stubEnv('TRACEPARENT', `00-${TRACE}-b7ad6b7169203331-01`);
    const ended = await cluster.run(slide, at('traced.zarr'), settings).ended;
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    const [worker] = cluster.workers;
    worker.child.kill('SIGTERM');
    await worker.ended;
    const { spans } = receiver;
    expect([...new Set(spans.map(({ traceId }) => traceId))]).toEqual([TRACE]);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const parent = (span: ReceivedSpan) => byId.get(span.parentSpanId ?? '');
    const named = (name: string) => spans.filter((span) => span.name === name);
    const [run] = named('run');
    expect(run).toMatchObject({ service: 'spatile-coordinator', parentSpanId: 'b7ad6b7169203331' });
    expect(parent(named('step assign')[0])).toBe(run);
    const tiles = named('tile').filter(({ attributes }) => attributes['spatile.round'] === 'assign');
    expect(tiles.length).toBeGreaterThan(3);
    for (const tile of tiles) {
      expect(parent(tile)?.name).toBe('step assign');
      const below = (span: ReceivedSpan) => spans.filter((other) => parent(other) === span);
      const [process] = below(tile);
      expect(process).toMatchObject({ service: 'spatile-worker', name: 'process' });
      expect(process.attributes).toMatchObject({ 'spatile.end': 'committed', 'spatile.worker': 'w0' });
      const steps = below(process);
      expect(steps.map(({ name }) => name).sort()).toEqual(['commit', 'compute', 'fetch']);
      const answers = steps.flatMap((step) => below(step)).map(({ service, name }) => `${service}: ${name}`);
      expect(answers.sort()).toEqual([
        'spatile-coordinator: serve input',
        'spatile-coordinator: store result',
      ]);
    }
    expect(spans.every(({ status }) => status.code !== 2)).toBe(true);
  });
});
