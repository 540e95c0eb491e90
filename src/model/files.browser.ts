import { LikenessError } from '../errors.ts';
import { fileOfBlob, type Model, manifestFile } from './load.ts';
import { parseManifest, sha256 } from './manifest.ts';

/** Reads a model from a URL that ends with a slash. */
export async function openModelUrl(
  base: string,
  { onProgress }: { onProgress?: (done: number, total: number) => void } = {},
): Promise<Model> {
  const get = async (file: string): Promise<Blob> => {
    const response = await fetch(new URL(file, base));
    if (!response.ok) throw new LikenessError('not-found', `${base}${file} answered ${response.status}`);
    return response.blob();
  };
  const manifest = await parseManifest(await (await get(manifestFile)).text(), `${base}${manifestFile}`);
  const shards = [manifest.graph, ...manifest.shards];
  const total = shards.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  const files = new Map();
  for (const shard of shards) {
    const blob = await get(shard.file);
    if ((await sha256(new Uint8Array(await blob.arrayBuffer()))) !== shard.sha256)
      throw new LikenessError('bad-model', `${shard.file} is damaged`);
    files.set(shard.file, fileOfBlob(blob));
    done += blob.size;
    onProgress?.(done, total);
  }
  return { manifest, files };
}

/** URL of a model: a built-in name below `models`, or what already is a URL, with a slash at its end. */
export function modelBase(model: string, models: string): string {
  const url = /[/:]/.test(model) ? model : new URL(model, models).href;
  return url.endsWith('/') ? url : `${url}/`;
}
