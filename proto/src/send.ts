/** What is needed of a stream that messages are written to. */
interface Sink<T> {
  write(message: T, written: () => void): unknown;
}

/**
 * Writes messages one after the other. The next is made while the one before is on its way, and no further one: so both sides
 * work at the same time, and what is in memory does not grow with the payload. Rejects with what `gone` or the
 * making of a message rejects with.
 * @param gone settles when nothing more can be written; the rest is then left out.
 * @param sent is called when a message has been taken.
 */
export async function sendAll<T>(
  sink: Sink<T>,
  messages: Iterable<T> | AsyncIterable<T>,
  gone: Promise<unknown>,
  sent: () => void = () => undefined,
): Promise<void> {
  let over = false;
  const ended = gone.finally(() => {
    over = true;
  });
  // Whoever awaits below hears of it.
  ended.catch(() => undefined);
  let before: Promise<void> = Promise.resolve();
  for await (const message of messages) {
    await Promise.race([before, ended]);
    if (over) break;
    before = new Promise((resolve) =>
      sink.write(message, () => {
        sent();
        resolve();
      }),
    );
  }
  await (over ? ended : Promise.race([before, ended]));
}
