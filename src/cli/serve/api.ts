import type { ImageSearch } from '../../api/image-search.node.ts';
import { endAll } from '../../base/end-all.ts';
import { LikenessError } from '../../base/errors.ts';
import type { VectorEngine } from '../../engine/vector-engine.ts';
import { IndexEngine } from '../../server/index-engine.ts';
import { type ApiListener, apiListener } from '../../server/listener.ts';
import { leveledLog } from '../../server/log.ts';
import type { ServedModel } from '../../server/options.ts';
import { settingOf } from '../index-notes.ts';
import { endpointOptions } from '../lance-address.ts';
import { defaultModel, modelOfIndex } from '../model-name.ts';
import { servedModels } from '../models.ts';
import { openIndexOf, openToChange } from '../open-index.ts';
import { openSearch } from '../open-search.ts';
import { printableJson } from '../print.ts';
import { quietEngine } from '../quiet-engine.ts';
import { type ApiServeOptions, readToken } from './api-options.ts';

export interface OpenedApi {
  listener: ApiListener;
  close(): Promise<void>;
}

/** What answers, and which model it needs. */
interface Opened {
  engine: VectorEngine;
  kind: 'likeness' | 'lancedb';
  /** Of whoever extracts: a name, a folder or a URL. */
  source: string;
}

/**
 * Opens what the API answers from.
 *
 * @param options.page whether models are served beside it
 */
export async function openApi(
  options: ApiServeOptions & { index?: string; page: boolean },
): Promise<OpenedApi> {
  const token = await readToken(options.tokenFile);
  const { engine, kind, source } = await openEngine(options, token !== undefined);
  let search: ImageSearch | undefined;
  try {
    if (options.extract) search = await openExtractor(engine, source);
    const { maxK, maxBody, maxQueries, log = 'all' } = options;
    const least = ({ all: 'info', failures: 'warn', faults: 'error', off: 'error' } as const)[log];
    const listener = apiListener({
      engine,
      kind,
      model: await modelOf(engine.fingerprint, source, options.page),
      token,
      origins: options.cors,
      extract: search && ((picture, signal) => search!.extract(new Blob([picture]), { signal })),
      limits: {
        ...(maxK !== undefined && { k: maxK, depth: Math.max(10_000, maxK) }),
        ...(maxBody !== undefined && {
          bodyBytes: maxBody << 20,
          heldBytes: Math.max(128, 4 * maxBody) << 20,
        }),
        ...(maxQueries !== undefined && {
          running: maxQueries,
          waiting: 8 * maxQueries,
          left: maxQueries,
        }),
      },
      log:
        log === 'off'
          ? () => {}
          : leveledLog((line) => process.stderr.write(`${printableJson(line)}\n`), least),
    });
    return {
      listener,
      close: () =>
        endAll(
          () => search?.close(),
          () => engine.close(),
        ),
    };
  } catch (error) {
    await endAll(
      () => search?.close(),
      () => engine.close(),
    ).catch(() => {});
    throw error;
  }
}

async function openEngine(
  { engine, index, table, endpoint, stale }: ApiServeOptions & { index?: string },
  writes: boolean,
): Promise<Opened> {
  if (engine !== undefined) {
    const { LanceIndex } = await import('../../lance/index.ts');
    quietEngine();
    const uri = engine.replace(/^lancedb:/, '');
    const lance = await LanceIndex.open(uri, {
      table,
      ...endpointOptions(uri, endpoint),
      staleMs: stale === undefined ? undefined : stale * 1000,
    });
    return { engine: lance, kind: 'lancedb', source: lance.fingerprint?.split('@', 1)[0] ?? defaultModel };
  }
  const store = writes ? await openToChange(index!) : (await openIndexOf(index!)).index;
  try {
    const source = modelOfIndex(settingOf(store, 'model') ?? store.info.model.name, index!);
    return { engine: await IndexEngine.open(store), kind: 'likeness', source };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws LikenessError `model-mismatch` where the model is another than that of the vectors */
async function openExtractor({ fingerprint }: VectorEngine, source: string): Promise<ImageSearch> {
  const search = await openSearch({ model: source });
  const { model } = await search.report();
  if (fingerprint === null || model.fingerprint === fingerprint) return search;
  await search.close();
  throw new LikenessError(
    'model-mismatch',
    `--extract would make vectors with ${model.fingerprint}; the index was made with ${fingerprint}, and the two cannot be compared. Leave --extract out, or index again.`,
  );
}

/** Which model makes the vectors, and where a page finds it. */
async function modelOf(
  fingerprint: string | null,
  source: string,
  served: boolean,
): Promise<ServedModel | null> {
  if (fingerprint === null) return null;
  const models = await servedModels(source);
  const here = models.find(({ manifest }) => manifest.fingerprint === fingerprint);
  const [name = '', version = ''] = fingerprint.split(/[@:]/);
  return {
    name: here?.manifest.name ?? name,
    version: here?.manifest.version ?? (version || null),
    url: here && served ? `../models/${here.path}/` : null,
  };
}
