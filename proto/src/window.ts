import type { Http2Server } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/**
 * Bytes of a result that may be on their way to a server before it has read them. Larger ones help on slow lines only; as many
 * wait at most for each worker when all give their results at once.
 */
export const STREAM_WINDOW_BYTES = 512 * 1024;
/** The same for all streams of one worker together. */
export const SESSION_WINDOW_BYTES = 1024 * 1024;

/**
 * Lets workers send results faster than the 64 KiB per round trip of HTTP/2. grpc-js has a setting for that in clients, none in
 * servers (grpc-node 3058), so this reaches for the HTTP/2 servers inside; of another grpc-js they would keep their 64 KiB.
 * To be called once, when the server listens.
 */
export function widenWindows(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: Map<Http2Server, unknown> };
  for (const inner of http2Servers?.keys() ?? [])
    inner.on('session', (session) => {
      session.settings({ initialWindowSize: STREAM_WINDOW_BYTES });
      session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    });
}
