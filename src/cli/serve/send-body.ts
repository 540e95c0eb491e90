import type { ServerResponse } from 'node:http';

/** Resolves when more may be written, or nothing any more. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((done) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      done();
    };
    response.on('drain', go).on('close', go);
    if (response.destroyed) go();
  });

/**
 * Sends a body of a known length, as fast as it is taken. When its source gives less (a file that was cut meanwhile) or
 * fails, the connection breaks off: the receiver must not take the part for the whole, nor wait for the rest.
 */
export async function sendBody(
  response: ServerResponse,
  body: AsyncIterable<Uint8Array>,
  byteLength: number,
): Promise<void> {
  let left = byteLength;
  try {
    for await (const bytes of body) {
      if (response.destroyed) return;
      left -= bytes.length;
      if (left < 0) break;
      if (!response.write(bytes)) await drained(response);
      if (response.destroyed) return;
    }
  } catch (error) {
    response.destroy();
    throw error;
  }
  if (left === 0) response.end();
  else response.destroy();
}

/** A short answer in words, or JSON. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
