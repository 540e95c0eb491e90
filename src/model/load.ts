import { LikenessError } from '../errors.ts';
import { type Manifest, parseManifest, type Shard, sha256 } from './manifest.ts';

/** A model's files in memory, all verified. */
export interface Model {
  manifest: Manifest;
  /** Bytes of the `.onnx` file. */
  graph: Uint8Array;
  /** Bytes of the weight shards by the names that the graph refers to. */
  shards: Map<string, Uint8Array>;
}

/**
 * Reads one file of a model's folder.
 *
 * @param onBytes takes the number of bytes that came since it was last called
 * @throws LikenessError `not-found` where there is no such file
 */
export type ReadModelFile = (
  file: string,
  options: { signal?: AbortSignal | undefined; onBytes(count: number): void },
) => Promise<Uint8Array>;

export const manifestFile = 'manifest.json';

/**
 * Reads a model: its manifest, then graph and shards side by side, each checked against its size and sha256.
 *
 * @param where the folder or URL, for messages
 * @param onProgress bytes that came, bytes in all
 * @throws LikenessError `not-found`, or `bad-model` that names the file
 */
export async function loadModel(
  where: string,
  read: ReadModelFile,
  {
    signal,
    onProgress,
  }: {
    signal?: AbortSignal | undefined;
    onProgress?: ((done: number, total: number) => void) | undefined;
  } = {},
): Promise<Model> {
  signal?.throwIfAborted();
  const text = new TextDecoder().decode(await read(manifestFile, { signal, onBytes: () => {} }));
  const manifest = await parseManifest(text, `${where.replace(/\/$/, '')}/${manifestFile}`);

  const files = [manifest.graph, ...manifest.shards];
  const total = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  const onBytes = (count: number): void => {
    done = Math.min(done + count, total);
    onProgress?.(done, total);
  };
  const [graph, ...shards] = await Promise.all(
    files.map(async (shard) => {
      const bytes = await read(shard.file, { signal, onBytes });
      await verify(shard, bytes, where);
      return bytes;
    }),
  );
  signal?.throwIfAborted();
  onProgress?.(total, total);
  return {
    manifest,
    graph: graph!,
    shards: new Map(manifest.shards.map(({ file }, i) => [file, shards[i]!])),
  };
}

async function verify(
  { file, byteLength, sha256: wanted }: Shard,
  bytes: Uint8Array,
  where: string,
): Promise<void> {
  if (bytes.length !== byteLength) {
    throw new LikenessError(
      'bad-model',
      `${file} of the model ${where} has ${bytes.length} bytes, its manifest says ${byteLength}; fetch the model again.`,
    );
  }
  const came = await sha256(bytes);
  if (came !== wanted) {
    throw new LikenessError(
      'bad-model',
      `${file} of the model ${where} is damaged: its sha256 is ${came.slice(0, 16)}…, its manifest says ${wanted.slice(0, 16)}…; fetch the model again.`,
    );
  }
}
