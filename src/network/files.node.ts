import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { fileText } from '../base/json.ts';
import { pathFile } from '../base/open-file.node.ts';
import type { RandomAccess } from '../base/random-access.ts';
import { type Model, manifestFile } from './load.ts';
import { type Manifest, parseManifest, type Shard } from './manifest.ts';

function unreadable(path: string, error: unknown, what = path): LikenessError {
  const { code } = error as NodeJS.ErrnoException;
  return new LikenessError('not-found', `${what} cannot be read (${code}).`, { cause: error });
}

/** A model's files by their names: a folder, or the path of each. */
export type ModelPlace = string | ((file: string) => string);

const pathIn = (place: ModelPlace, file: string): string =>
  typeof place === 'string' ? join(place, file) : place(file);

/** Reads a model's manifest. */
export async function readManifest(place: ModelPlace): Promise<Manifest> {
  const path = pathIn(place, manifestFile);
  const bytes = await readFile(path).catch((error) => {
    throw unreadable(path, error, `${dirname(path)} holds no model: ${path}`);
  });
  return parseManifest(fileText(bytes, path), path);
}

/** {@link openModelFiles} after {@link readManifest}. */
export async function openModelFolder(
  place: ModelPlace,
  how: Parameters<typeof openModelFiles>[2] = {},
): Promise<Model> {
  how.signal?.throwIfAborted();
  return openModelFiles(place, await readManifest(place), how);
}

/**
 * Opens the files of the model in a folder: every file is checked against its size and sha256, none is kept in memory.
 *
 * @param onProgress bytes checked, bytes in all
 * @throws LikenessError `not-found`, or `bad-model` that names the file
 */
export async function openModelFiles(
  place: ModelPlace,
  manifest: Manifest,
  {
    signal,
    onProgress,
  }: {
    signal?: AbortSignal | undefined;
    onProgress?: ((done: number, total: number) => void) | undefined;
  } = {},
): Promise<Model> {
  signal?.throwIfAborted();
  const shards = [manifest.graph, ...manifest.shards];
  const total = shards.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  const files = new Map<string, RandomAccess>();
  for (const shard of shards) {
    const path = pathIn(place, shard.file);
    await verify(shard, path, (count) => {
      signal?.throwIfAborted();
      done += count;
      onProgress?.(done, total);
    });
    files.set(shard.file, pathFile(path));
  }
  return { manifest, files };
}

async function verify(
  { byteLength, sha256 }: Shard,
  path: string,
  onBytes: (count: number) => void,
): Promise<void> {
  const { size } = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  const bad = (what: string): LikenessError =>
    new LikenessError('bad-model', `${path} ${what}; fetch or build the model again.`);
  if (size !== byteLength) throw bad(`has ${size} bytes, its manifest says ${byteLength}`);
  const hash = createHash('sha256');
  const handle = await open(path);
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: 2 ** 20 })) {
      hash.update(chunk);
      onBytes(chunk.length);
    }
  } finally {
    await handle.close();
  }
  const came = hash.digest('hex');
  if (came !== sha256) {
    throw bad(`is damaged: its sha256 is ${came.slice(0, 16)}…, its manifest says ${sha256.slice(0, 16)}…`);
  }
}
