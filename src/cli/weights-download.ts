import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cannotWrite } from '../base/cannot-write.node.ts';
import { LikenessError } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.node.ts';

/** A file that is known before it is fetched. */
export interface KnownFile {
  url: string;
  /** Lower-case hexadecimal, as the publisher gives it. */
  md5: string;
  byteLength: number;
}

/** The weights of keras.applications.VGG16 with its top layers (keras/src/applications/vgg16.py). */
export const kerasWeights: KnownFile = {
  url: 'https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5',
  md5: '64373286793e3c8b2b4e3219cbf3544b',
  byteLength: 553_467_096,
};

const attempts = 4;

/** An answer that will be the same next time. */
class Refused extends Error {}

/**
 * Fetches a known file to `path`, unless it is there already. What a broken download left (`path` + `.part`) is
 * continued. The file appears under its name only when its md5 is right.
 *
 * @param onProgress bytes that are there, of `byteLength`
 * @param stallMs an answer that brings nothing for so long is given up
 * @throws LikenessError `not-found` when the address cannot be reached or does not have the file, `bad-file` when what
 *   came is not it, a storage code when it cannot be written
 */
export async function download(
  known: KnownFile,
  path: string,
  {
    onProgress = () => {},
    pauseMs = 1000,
    stallMs = 60_000,
  }: { onProgress?: (done: number) => void; pauseMs?: number; stallMs?: number } = {},
): Promise<void> {
  const { url, md5, byteLength } = known;
  const isThere = async (): Promise<boolean> =>
    (await sizeOf(path)) === byteLength && (await md5Of(path)) === md5;
  if (await isThere()) return;
  await makeFolder(dirname(path));
  const part = `${path}.part`;
  for (let attempt = 1; (await sizeOf(part)) < byteLength; attempt++) {
    // Another process fetches it too, and was faster.
    if (attempt > 1 && (await isThere())) return;
    const before = await sizeOf(part);
    try {
      await fetchRest(known, part, before, { onProgress, stallMs });
      if ((await sizeOf(part)) >= byteLength) break;
      throw new Error(`it ended after ${await sizeOf(part)} of ${byteLength} bytes`);
    } catch (error) {
      const done = await sizeOf(part);
      if (done > before) attempt = 1; // it goes on, if haltingly
      if (error instanceof LikenessError) throw error;
      if (error instanceof Refused || attempt >= attempts) throw unreachable(url, error, path, done);
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt));
    }
  }
  const came = await md5Of(part).catch(() => '');
  if (came === md5) {
    await rename(part, path).catch(async (error) => {
      if (!(await isThere())) throw cannotWrite(path, error);
    });
    return;
  }
  if (await isThere()) return;
  await rm(part, { force: true });
  throw new LikenessError(
    'bad-file',
    `What ${url} gave is not the file that was wanted: its md5 is ${came}, ${md5} is right. It was removed; try again, or give a file with --from.`,
  );
}

/** Fetches what is missing behind byte `from`. */
async function fetchRest(
  { url, byteLength }: KnownFile,
  part: string,
  from: number,
  { onProgress, stallMs }: { onProgress: (done: number) => void; stallMs: number },
): Promise<void> {
  const stalled = new AbortController();
  const stop = (): void => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`));
  let timer = setTimeout(stop, stallMs);
  try {
    const response = await fetch(url, {
      signal: stalled.signal,
      headers: from > 0 ? { Range: `bytes=${from}-` } : {},
    });
    if (response.status >= 400 && response.status < 500 && response.status !== 429) {
      throw new Refused(`${url} answered ${response.status}.`);
    }
    if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
    // A server that does not know ranges sends all of it again.
    let done = startOf(response, from);
    checkLength(response, byteLength - done);
    const file = await openPart(part);
    try {
      for await (const chunk of response.body) {
        clearTimeout(timer);
        timer = setTimeout(stop, stallMs);
        if (done + chunk.length > byteLength) throw new Error(`it sends more than ${byteLength} bytes`);
        await writeAt(file, chunk, done, part);
        done += chunk.length;
        onProgress(done);
      }
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Where an answer's bytes begin in the file. */
function startOf(response: Response, asked: number): number {
  if (response.status !== 206) return 0;
  const from = /^bytes (\d+)-/.exec(response.headers.get('Content-Range') ?? `bytes ${asked}-`)?.[1];
  if (Number(from) === asked) return asked;
  throw new Error(`it answered with bytes from ${from} on, not from ${asked}`);
}

/** A page that asks for a login in a hotel comes with status 200 too: it is not to be written over what came before. */
function checkLength(response: Response, wanted: number): void {
  const length = response.headers.get('Content-Length');
  const encoded = response.headers.has('Content-Encoding');
  if (length === null || encoded || Number(length) === wanted) return;
  throw new Error(`it sends ${length} bytes, not ${wanted}: is a page for logging in between?`);
}

/**
 * Every byte is written to its own place: two processes that fetch the file at once write the same. It is not followed
 * where it is a link to somebody's file.
 */
async function openPart(part: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  try {
    return await open(part, flags, 0o666);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP')
      throw new LikenessError('bad-argument', `${part} is a link, and not followed; remove it.`, {
        cause: error,
      });
    throw cannotWrite(part, error);
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, at: number, part: string): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const wrong = cannotWrite(part, error);
    throw wrong instanceof LikenessError
      ? wrong
      : new LikenessError('storage-failed', `${part}: ${code ?? error}.`);
  }
}

function unreachable(url: string, error: unknown, path: string, done: number): LikenessError {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  const why = cause?.code ?? cause?.message ?? message;
  const rest = done > 0 ? ` What came (${done} bytes) is kept and will be continued.` : '';
  return new LikenessError(
    'not-found',
    `${url} cannot be fetched (${why}). Without a network, fetch it elsewhere and give it with --from <file>, or save it as ${path}.${rest}`,
    { cause: error },
  );
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return hash.digest('hex');
}
