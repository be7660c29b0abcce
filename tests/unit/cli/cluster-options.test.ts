import { describe, expect, test } from 'vitest';
import { recorder, spatile } from './fake.ts';

const RUN = ['run', 'outs', '-o', 'a.zarr', '--cluster', 'nats://127.0.0.1:4222'];
const SERVE = ['serve', '--cluster', 'nats://127.0.0.1:4222'];

describe('where workers are served', () => {
  test.each([
    [
      [...RUN, '--listen', '0.0.0.0:7000'],
      /^spatile: --listen: stands for every address .*--advertise HOST:PORT\n$/,
    ],
    [[...RUN, '--listen', '10.0.0.5'], /^spatile: --listen: no address \(10\.0\.0\.5\)/],
    [[...RUN, '--advertise', '[::]:7000'], /^spatile: --advertise: stands for every address/],
    [
      [...SERVE, '--workers-listen', '[::]:0'],
      /^spatile: --workers-listen: .*--workers-advertise HOST:PORT\n$/,
    ],
    [[...RUN, '--verify', '2'], /^spatile: --verify: the value is not allowed \(2\); expected a share/],
    [[...RUN, '--worker-classes', 'cpu,huge'], /^spatile: --worker-classes: the value is not allowed/],
  ])('has to be an address that they can call: %j', async (words, message) => {
    const ended = await spatile(words, { runSlide: recorder({}).service, serveRuns: recorder({}).service });
    expect(ended).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('is passed on to the runs of a server, as are its times', async () => {
    const { calls, service } = recorder(undefined);
    const where = ['--workers-listen', '0.0.0.0:7000', '--workers-advertise', 'host:7001'];
    const ended = await spatile([...SERVE, ...where, '--ack-wait', '30', '--worker-classes', 'cpu-big'], {
      serveRuns: service,
    });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const [[{ program }]] = calls as [[{ program: string[] }]];
    expect(program.slice(1).join(' ')).toBe(
      '--cluster nats://127.0.0.1:4222 --listen 0.0.0.0:7000 --advertise host:7001 --ack-wait 30 --reconcile 10 --worker-classes cpu,cpu-big --straggler 30 --verify 0',
    );
  });
});

test('a server listens where its clients look, at ports that Linux takes for no outgoing connection', async () => {
  const [server, clients] = [recorder(undefined), recorder({ list: async () => [], close: () => undefined })];
  await spatile(['serve'], { serveRuns: server.service });
  await spatile(['list'], { openServer: clients.service });
  const [[{ listen, http }]] = server.calls as [[{ listen: string; http: string }]];
  expect(JSON.stringify(clients.calls)).toContain(`"${listen}"`);
  for (const address of [listen, http]) expect(Number(address.split(':')[1])).toBeLessThan(32_768);
});
