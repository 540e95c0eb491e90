import { LikenessError } from '../errors.ts';
import { manifestFile, type ReadModelFile } from './load.ts';

/**
 * Reads a model from a URL that ends with a slash. The browser's HTTP cache keeps the files where the server lets it:
 * they are verified by their hash, so a cached copy is as good as a fresh one.
 */
export function modelFilesAt(base: string): ReadModelFile {
  return async (file, { signal, onBytes }) => {
    const url = new URL(file, base).href;
    let response: Response;
    try {
      response = await fetch(url, { signal: signal ?? null });
    } catch (error) {
      signal?.throwIfAborted();
      throw new LikenessError('not-found', `${url} cannot be fetched: ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (!response.ok) {
      const what =
        file === manifestFile ? `there is no model at ${base}` : `the model at ${base} is incomplete`;
      throw new LikenessError('not-found', `${url} answered ${response.status}; ${what}.`);
    }
    return readBody(response, onBytes);
  };
}

async function readBody(response: Response, onBytes: (count: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of streamOf(response)) {
    chunks.push(chunk);
    length += chunk.length;
    onBytes(chunk.length);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A body's chunks; written out because not every browser iterates streams. */
async function* streamOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** URL of a model: a built-in name below `models`, or what already is a URL, with a slash at its end. */
export function modelBase(model: string, models: string): string {
  const url = /[/:]/.test(model) ? model : new URL(model, models).href;
  return url.endsWith('/') ? url : `${url}/`;
}
