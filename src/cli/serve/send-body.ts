import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

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
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const bytes of body) {
      left -= bytes.length;
      if (left < 0) break;
      yield bytes;
    }
    if (left !== 0) response.destroy();
  }
  await pipeline(counted, response).catch((error: NodeJS.ErrnoException) => {
    // The receiver has gone, or the line above.
    if (!/^ERR_STREAM_(PREMATURE_CLOSE|DESTROYED)$/.test(error.code ?? '')) throw error;
  });
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
