import { endAll } from '../base/end-all.ts';
import { memoryError } from '../base/errors.ts';
import { Engine, type PictureReader } from '../engine/engine.ts';
import { openUnlessAborted } from '../engine/progress.ts';
import { openIndex } from '../engine/storage.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { chooseExtractor, type ExtractorChoice, type ExtractorSource } from '../network/choose.ts';
import type { Model } from '../network/load.ts';
import type { Store } from '../store/format/files.ts';
import { type IndexInfo, identityOf, parityOf } from '../store/format/header.ts';
import type { OpenOptions } from './options.ts';

/** What an engine is made with, in a form that can be posted. */
export interface EngineRequest extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'> {
  /** Why `backend` is wasm, where nobody asked for it. */
  because?: string | undefined;
}

/** What differs between a page's worker and Node. */
export interface Platform<Source, StoreName> extends ExtractorSource {
  reader: PictureReader<Source>;
  openStore(name: StoreName): Promise<Store>;
}

/**
 * Opens the index, or makes one, and chooses where the model's network and the search run.
 *
 * @param store where the index is kept
 * @throws LikenessError, or `GpuFailed` where this realm is no good for an engine any more
 */
export async function createEngine<Source, StoreName>(
  model: Model,
  { backend = 'auto', exif, because }: EngineRequest,
  platform: Platform<Source, StoreName>,
  store: Store | undefined,
  signal?: AbortSignal,
): Promise<Engine<Source, StoreName>> {
  const { dimension } = model.manifest.output;
  const info: IndexInfo = { model: identityOf(model.manifest), dimension, parity: parityOf(exif) };
  // The index before the network: one that does not fit is refused at once.
  const stored = store && (await openUnlessAborted(openIndex(store, info), signal));
  let choice: ExtractorChoice | undefined;
  try {
    choice = await chooseExtractor(model, backend, platform, because);
    signal?.throwIfAborted();
    const { extractor, reason, device } = choice;
    const request = backend === 'webgpu' ? backend : 'auto';
    const index = await FlatIndex.create({ dimension, backend: request, device });
    return new Engine(extractor, reason, index, platform.reader, {
      parity: info.parity,
      store: stored,
      openStore: platform.openStore,
      createQuantised: (rows) => FlatIndex.create({ dimension, rows }),
    });
  } catch (error) {
    // Threads and locks would outlive this.
    await endAll(
      () => choice?.extractor.close(),
      () => stored?.close(),
    ).catch(() => {});
    throw memoryError(error, 'Opening this model');
  }
}
