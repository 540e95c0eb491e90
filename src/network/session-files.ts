import { graphShards, type Model, readWhole } from './load.ts';

/**
 * What a session is made of. A Blob is handed on as it is: the JSPI build then reads a tensor at a time; the others read
 * all of it, which is one shard's worth of convolutions.
 */
export async function sessionFiles({
  manifest,
  files,
}: Model): Promise<{ graph: Uint8Array; externalData: { path: string; data: Uint8Array | Blob }[] }> {
  const graph = await readWhole(files.get(manifest.graph.file)!);
  const externalData = await Promise.all(
    graphShards(manifest).map(async ({ file: path }) => {
      const file = files.get(path)!;
      return { path, data: file.blob ?? (await readWhole(file)) };
    }),
  );
  return { graph, externalData };
}
