import { graphShards, type Model, readWhole } from './load.ts';

/**
 * What a session is made of, as bytes. ONNX Runtime's JSPI build would read a Blob's stream in `byob` mode, and Chromium 156
 * sometimes never answers such a read. The convolutions are in memory twice for that time.
 */
export async function sessionFiles({
  manifest,
  files,
}: Model): Promise<{ graph: Uint8Array; externalData: { path: string; data: Uint8Array }[] }> {
  const graph = await readWhole(files.get(manifest.graph.file)!);
  const externalData = await Promise.all(
    graphShards(manifest).map(async ({ file: path }) => ({ path, data: await readWhole(files.get(path)!) })),
  );
  return { graph, externalData };
}
