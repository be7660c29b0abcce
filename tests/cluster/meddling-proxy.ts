import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does to the bytes that pass. */
export type Meddling = (bytes: Buffer, from: 'client' | 'server') => Buffer | 'cut';

/** A TCP connection between two processes of this machine that does not keep its hands still. */
export class MeddlingProxy {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async to(target: () => number, port: number, meddle: Meddling): Promise<MeddlingProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect(target(), '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            sockets.delete(socket);
            client.destroy();
            upstream.destroy();
          });
      }
      const pass = (from: Socket, to: Socket, side: 'client' | 'server') =>
        from.on('data', (bytes) => {
          const out = meddle(bytes, side);
          if (out === 'cut') from.destroy();
          else if (!to.write(out)) {
            from.pause();
            to.once('drain', () => from.resume());
          }
        });
      pass(client, upstream, 'client');
      pass(upstream, client, 'server');
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return new MeddlingProxy(port, server, sockets);
  }

  private constructor(port: number, server: Server, sockets: Set<Socket>) {
    this.address = `127.0.0.1:${port}`;
    this.#server = server;
    this.#sockets = sockets;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
