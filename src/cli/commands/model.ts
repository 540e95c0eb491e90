import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { LikenessError } from '../../base/errors.ts';
import { checkFiniteModel } from '../../convert/finite.ts';
import { folderSink } from '../../convert/sink.node.ts';
import { describeSource } from '../../convert/sources/describe.ts';
import { openVgg16Weights } from '../../convert/sources/open.node.ts';
import { writeVgg16 } from '../../convert/write.ts';
import { cacheFolder } from '../../delivery/cache.folder.node.ts';
import type { Encoding } from '../../network/dense/encoding.ts';
import { createCpuExtractor } from '../../network/extractor.cpu.ts';
import { openModelFolder, readManifest } from '../../network/files.node.ts';
import { createNodeGraph } from '../../network/graph.node.ts';
import type { Manifest } from '../../network/manifest.ts';
import { probe } from '../../network/probe.ts';
import { Interrupted, interruptible } from '../interrupt.ts';
import { modelFolders, modelsIn } from '../models.ts';
import { print, printJson, say } from '../print.ts';
import { progressBar } from '../progress.ts';
import { downloadKnown, kerasWeights } from '../weights-download.ts';

export interface BuildOptions {
  from?: string;
  variant: Encoding;
  output: string;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** `likeness model build vgg16`: a model's folder from a file of weights. */
export async function build({ from: given, variant, output }: BuildOptions): Promise<void> {
  const source = await openVgg16Weights(given ?? (await fetchKerasWeights()));
  try {
    const sink = await folderSink(output, given);
    const bar = progressBar('Building', 100, '%');
    await interruptible(async (stop) => {
      try {
        const { attribution, ...description } = describeSource(source.kind, variant);
        await sink.write('LICENCE.md', new TextEncoder().encode(attribution));
        const manifest = await writeVgg16(source.weights, description, variant, sink, {
          onProgress(share) {
            stop.throwIfAborted();
            bar.update(Math.round(100 * share));
          },
        });
        stop.throwIfAborted();
        await sink.commit();
        bar.stop();
        print(`${output}: ${summary(manifest)}`);
      } catch (error) {
        bar.stop();
        await sink.discard();
        if (!stop.aborted) throw error;
        throw new Interrupted((stop.reason as Interrupted).signal, 'interrupted; nothing was written.');
      }
    });
  } finally {
    await source.close();
  }
}

/** The weights are kept: other variants are built from them, too. */
async function fetchKerasWeights(): Promise<string> {
  const path = join(cacheFolder(), basename(new URL(kerasWeights.url).pathname));
  const total = kerasWeights.byteLength;
  const bar = existsSync(path) ? undefined : progressBar('Downloading', Math.round(total / 1e6), 'MB');
  /** Bytes of an earlier attempt. */
  let before: number | undefined;
  try {
    await downloadKnown(kerasWeights, path, {
      onProgress(done) {
        before ??= done;
        bar?.update(Math.round(done / 1e6), (done - before) / 1e6);
      },
    });
  } finally {
    bar?.stop();
  }
  return path;
}

/** `likeness model verify <dir>`: hashes of all files, weights that are numbers, the graph in a session, the known answer. */
export async function verify(folder: string): Promise<void> {
  const model = await openModelFolder(folder);
  const { manifest } = model;
  if (!manifest.probe) {
    throw new LikenessError(
      'bad-model',
      `${folder} has no known answer in its manifest; it cannot be verified.`,
    );
  }
  await checkFiniteModel(model);
  const extractor = await createCpuExtractor(model, await createNodeGraph(model, 1));
  try {
    await probe(extractor);
  } finally {
    await extractor.close();
  }
  const files = manifest.shards.length + 1;
  print(`${folder}: ${summary(manifest)}`);
  print(
    `${files} files have their sha256, the weights are finite, the graph runs, the known answer is right.`,
  );
}

/** `likeness model list [folder]`: the models in a folder of models; by default those here and those of the package. */
export async function list(folder: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const paths = folder === undefined ? await modelFolders() : await modelsIn(resolve(folder));
  const found: { path: string; manifest: Manifest }[] = [];
  const broken: string[] = [];
  for (const path of paths) {
    await readManifest(path).then(
      (manifest) => found.push({ path, manifest }),
      (error: Error) => broken.push(error.message),
    );
  }
  for (const message of broken) say(`likeness: ${message}`);
  if (broken.length > 0) process.exitCode = 1;
  if (json) {
    const rows = found.map(({ path, manifest }) => ({
      path,
      name: manifest.name,
      fingerprint: manifest.fingerprint,
      dimension: manifest.output.dimension,
      byteLength: byteLengthOf(manifest),
    }));
    printJson(rows);
  } else if (found.length === 0 && broken.length === 0) {
    print(`No models in ${folder ?? './models or the package'}. Build one with: likeness model build vgg16`);
  } else {
    for (const { path, manifest } of found) print(`${path}: ${summary(manifest)}`);
  }
}

const byteLengthOf = ({ graph, shards }: Manifest): number =>
  shards.reduce((sum, { byteLength }) => sum + byteLength, graph.byteLength);

function summary(manifest: Manifest): string {
  const { width, height } = manifest.preprocessing;
  return `${manifest.fingerprint}, ${manifest.output.dimension} features from ${width} × ${height} pixels, ${megabytes(byteLengthOf(manifest))}`;
}
