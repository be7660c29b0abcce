import { Server, ServerCredentials } from '@grpc/grpc-js';
import { TaskBook } from '@spatile/coordinator/cluster/task-book';
import { tileService } from '@spatile/coordinator/cluster/tile-service';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { services } from '@spatile/proto/definition';
import { makeRoomForBuffers } from '@spatile/proto/heap-room';
import { payloadOf } from '@spatile/proto/payload';
import { widenWindows } from '@spatile/proto/window';

/**
 * A coordinator's tile service on its own, for measuring transfers: every task has a frame with a table of `bytes` as its input,
 * results are thrown away. Says its port when it serves, and what processor time it has used since then when its input ends.
 */
const [bytes, tasks] = process.argv.slice(2).map(Number);
const numbers = new Uint32Array(bytes / 4).map((_, i) => Math.imul(i, 2654435761));
const payload = encodeFrame({ kind: 'bench', meta: {}, tables: { all: { numbers } } });
const book = new TaskBook('bench', (event) => {
  if (event.type === 'done') event.settled?.(null);
});
for (let k = 0; k < tasks; k++) book.open(k, `t${k}`, 1, 'bench', async () => payloadOf(payload));
const server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
server.addService(services().TileData.service, tileService(book, null).handlers);
let before = process.cpuUsage();
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  widenWindows(server);
  makeRoomForBuffers();
  before = process.cpuUsage();
  process.stdout.write(`${port}\n`);
});
process.stdin.resume().on('end', () => {
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${(user + system) / 1e6}\n`);
  server.forceShutdown();
});
