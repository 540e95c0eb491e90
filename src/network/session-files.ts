import { graphShards, type Model, readWhole } from './load.ts';

/**
 * What a session is made of. All as bytes: of a Blob, ONNX Runtime's JSPI build reads streams in `byob` mode, of which
 * Chromium 156 now and then never answers a read. What of it is in memory twice for that time are the convolutions.
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
