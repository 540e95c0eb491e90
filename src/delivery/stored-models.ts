import { gpuRuntimeBytes } from '../assets/gpu-build.ts';
import { LikenessError } from '../base/errors.ts';
import { retry } from '../base/retry.ts';
import { type Manifest, parseManifest } from '../network/manifest.ts';
import { answered } from '../web/storage.ts';
import type { ShardCache } from './cache.ts';
import type { ModelInfo } from './model-info.ts';
import { everyCache } from './open-cache.ts';
import { bytesOf, filesOf, hasModelRecord, modelRecords, removeModel } from './records.ts';
import { type ModelSource, originOf } from './source.ts';

/** The models of which something is stored in this browser. */
export async function storedModels(): Promise<ModelInfo[]> {
  const list = async (cache: ShardCache): Promise<ModelInfo[]> => {
    const sizes = await cache.sizes();
    return (await modelRecords(cache)).map(({ record, manifest }) => describe(record.model, manifest, sizes));
  };
  const lists = (await everyCache()).map((cache) => answered('The storage of models', () => list(cache)));
  return (await Promise.all(lists.map((models) => models.catch(() => [])))).flat();
}

/** Reads a model's manifest, from this browser or from where the model is; from there first, to refresh what is here. */
export async function describeModel(
  source: ModelSource,
  { signal, refresh }: { signal: AbortSignal; refresh: boolean },
): Promise<ModelInfo> {
  const { origin, key } = originOf(source);
  const stored = (await storedModels()).find(({ model }) => model === key);
  if (stored && !(refresh && origin)) return stored;
  if (!origin) throw new LikenessError('not-found', `No model "${key}" is stored in this browser.`);
  let text: string;
  try {
    text = await origin.manifest(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (stored) return stored;
    throw error instanceof LikenessError
      ? error
      : new LikenessError('not-found', (error as Error).message, { cause: error });
  }
  const manifest = await parseManifest(text, `${origin.name} manifest.json`);
  // Another model may have left files that this one has too.
  const sizes = new Map((await Promise.all((await everyCache()).map(sizesOf))).flatMap((map) => [...map]));
  return describe(key ?? manifest.fingerprint, manifest, sizes);
}

/** None, where it cannot be read. */
const sizesOf = (cache: ShardCache): Promise<Map<string, number>> =>
  answered('The storage of models', () => cache.sizes()).catch(() => new Map());

/** Removes a model from this browser; files that another model has too stay. */
export async function deleteStoredModel(source: ModelSource): Promise<void> {
  const { key } = originOf(source);
  if (key === undefined) {
    throw new LikenessError('bad-argument', 'Name the model to delete by its URL or its fingerprint.');
  }
  const holding: ShardCache[] = [];
  for (const cache of await everyCache()) if (await hasModelRecord(cache, key)) holding.push(cache);
  if (holding.length === 0) {
    throw new LikenessError(
      'not-found',
      `No model "${key}" is stored in this browser; listModels() says which are.`,
    );
  }
  // The handles of a worker that was just ended may be open for a moment.
  const isFinal = (error: unknown): boolean => !(error instanceof LikenessError && error.code === 'in-use');
  for (const cache of holding) {
    await retry(() => removeModel(cache, key), { attempts: 5, pauseMs: 70 }, undefined, isFinal);
  }
}

function describe(model: string, manifest: Manifest, sizes: ReadonlyMap<string, number>): ModelInfo {
  const { name, version, fingerprint, output, licence } = manifest;
  const storedBytes = filesOf(manifest).reduce(
    (sum, { sha256, byteLength }) => sum + Math.min(sizes.get(sha256) ?? 0, byteLength),
    0,
  );
  return {
    model,
    name,
    version,
    fingerprint,
    dimension: output.dimension,
    licence,
    byteLength: bytesOf(manifest),
    storedBytes,
    webgpuBytes: gpuRuntimeBytes(),
  };
}
