import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LikenessError } from '../errors.ts';
import { makeFolder } from '../output/make-folder.node.ts';

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

/**
 * Fetches a known file to `path`, unless it is there already. What a broken download left (`path` + `.part`) is
 * continued. The file appears under its name only when its md5 is right.
 *
 * @param onProgress bytes that are there, of `byteLength`
 * @throws LikenessError `not-found` when the address cannot be reached or does not have the file, `bad-file` when what
 *   came is not it
 */
export async function download(
  { url, md5, byteLength }: KnownFile,
  path: string,
  { onProgress = () => {}, pauseMs = 1000 }: { onProgress?: (done: number) => void; pauseMs?: number } = {},
): Promise<void> {
  if ((await sizeOf(path)) === byteLength && (await md5Of(path)) === md5) return;
  await makeFolder(dirname(path));
  const part = `${path}.part`;
  for (let attempt = 1; (await sizeOf(part)) < byteLength; attempt++) {
    const before = await sizeOf(part);
    try {
      await fetchRest(url, part, before, onProgress);
      if ((await sizeOf(part)) >= byteLength) break;
      throw new LikenessError(
        'not-found',
        `${url} ended after ${await sizeOf(part)} of ${byteLength} bytes.`,
      );
    } catch (error) {
      if ((await sizeOf(part)) > before) attempt = 1; // it goes on, if haltingly
      const refused = error instanceof LikenessError && error.code === 'bad-argument';
      if (refused || attempt >= attempts) throw unreachable(url, error, path, await sizeOf(part));
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt));
    }
  }
  const came = await md5Of(part);
  if (came !== md5) {
    await rm(part);
    throw new LikenessError(
      'bad-file',
      `What ${url} gave is not the file that was wanted: its md5 is ${came}, ${md5} is right. It was removed; try again, or give a file with --from.`,
    );
  }
  await rename(part, path);
}

async function fetchRest(
  url: string,
  part: string,
  from: number,
  onProgress: (done: number) => void,
): Promise<void> {
  const response = await fetch(url, from > 0 ? { headers: { Range: `bytes=${from}-` } } : {});
  if (response.status >= 400 && response.status < 500 && response.status !== 429) {
    throw new LikenessError('bad-argument', `${url} answered ${response.status}.`);
  }
  if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
  // A server that does not know ranges sends all of it again.
  const continues = response.status === 206;
  const file = await open(part, continues ? 'a' : 'w');
  let done = continues ? from : 0;
  try {
    for await (const chunk of response.body) {
      await file.write(chunk);
      done += chunk.length;
      onProgress(done);
    }
  } finally {
    await file.close();
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
