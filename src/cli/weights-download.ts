import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.node.ts';
import { pathFile } from '../base/open-file.node.ts';
import type { RetryPolicy } from '../base/retry.ts';
import { cannotWrite } from '../base/storage-errors.ts';
import { openAt } from '../delivery/cache.folder.node.ts';
import { type DownloadTarget, download, StorageFailed } from '../delivery/download.ts';
import { httpOrigin } from '../delivery/origin.ts';

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

const defaultPolicy: RetryPolicy = { attempts: 4, pauseMs: 1000, stallMs: 60_000 };

/**
 * Fetches a known file to `path`, unless it is there already. What a broken download left (`path` + `.part`) is
 * continued. The file appears under its name only when its md5 is right.
 *
 * @param onProgress bytes that are there, of `byteLength`
 * @throws LikenessError `not-found` when the address cannot be reached or does not have the file, `bad-file` when what
 *   came is not it, a storage code when it cannot be written
 */
export async function downloadKnown(
  { url, md5, byteLength }: KnownFile,
  path: string,
  {
    onProgress = () => {},
    policy = defaultPolicy,
  }: { onProgress?: (done: number) => void; policy?: RetryPolicy } = {},
): Promise<void> {
  const part = `${path}.part`;
  const isThere = async (): Promise<boolean> =>
    (await sizeOf(path)) === byteLength && (await md5Of(path)) === md5;
  if (await isThere()) return;
  await makeFolder(dirname(path));
  // Two processes may fetch the file at once: they write the same bytes to the same places. So nothing is removed when one
  // begins again, and the md5 is taken of the file, which has the other one's bytes, too.
  const target: DownloadTarget = {
    stored: () => sizeOf(part),
    blob: async () => pathFile(part),
    append: (_, from) => openAt(part, from),
    async remove() {},
  };
  const file = { file: url, sha256: '', byteLength };
  try {
    await download(
      file,
      httpOrigin(url, () => url),
      target,
      {
        signal: new AbortController().signal,
        policy,
        makeHash: async () => ({ update() {}, digest: () => '' }),
        onStored: onProgress,
      },
    );
    const came = await md5Of(part);
    if (came !== md5) throw new LikenessError('bad-model', `its md5 is ${came}, ${md5} is right`);
    await rename(part, path);
  } catch (error) {
    if (!(await isThere())) throw await failure(error as Error, url, path, part);
    await rm(part, { force: true }); // the other process was faster
  }
}

/** What went wrong, and what to do. Bytes that came are kept, unless they are of another file. */
async function failure(error: Error, url: string, path: string, part: string): Promise<unknown> {
  if (error instanceof StorageFailed) {
    const { code } = error.cause as NodeJS.ErrnoException;
    return code === 'ELOOP'
      ? new LikenessError('bad-argument', `${part} is a link, and not followed; remove it.`, { cause: error })
      : cannotWrite(part, error.cause);
  }
  if (!(error instanceof LikenessError)) return cannotWrite(path, error);
  if (error.code === 'bad-model') {
    await rm(part, { force: true });
    return new LikenessError(
      'bad-file',
      `What ${url} gave is not the file that was wanted: ${error.message}. It was removed; try again, or give a file with --from.`,
    );
  }
  let root: Error = error;
  while (root.cause instanceof Error) root = root.cause;
  const why =
    root instanceof LikenessError ? root.message : ((root as NodeJS.ErrnoException).code ?? root.message);
  const done = await sizeOf(part);
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
