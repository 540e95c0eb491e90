// A search over an engine that is behind a port, as it is in a page, with rows in each place where they may be.
import assert from 'node:assert/strict';
import { type EngineHost, ImageSearchBase } from '../../src/api/image-search.ts';
import { connect, domPort, serve } from '../../src/base/rpc.ts';
import { Engine } from '../../src/engine/engine.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import type { Extractor } from '../../src/network/extractor.ts';
import type { StoredFile } from '../../src/store/format/files.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { MemoryStore } from '../../src/store/media/store.memory.ts';
import { loadedNetwork } from './loaded-network.ts';
import { info } from './store-model.ts';

/** Values in a feature vector. */
export const d = 40;

export class Search extends ImageSearchBase {
  constructor(host: EngineHost) {
    super(host);
  }
}

/** Files in memory that pass for a disk. */
class DiskStore extends MemoryStore {
  readonly randomReads = true;

  override async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    return Object.assign(await super.open(name, mode), { readsOverlap: true });
  }
}

export type Kind = 'js' | 'wasm' | 'stored' | 'outside';
export const kinds: Kind[] = ['js', 'wasm', 'stored', 'outside'];

/** @param kind where rows are: with a backend, behind a store, or left in it */
async function opened(kind: Kind): Promise<Search> {
  const index = await FlatIndex.create({ dimension: d, backend: kind === 'js' ? 'js' : 'wasm' });
  const manifest = { preprocessing: { width: 1, height: 1 } };
  const extractor = { manifest, dimension: d, batchSize: 8, threads: 1, backend: 'wasm', close() {} };
  const isStored = kind === 'stored' || kind === 'outside';
  const store = isStored ? await IndexStore.open(new DiskStore(), { create: info(d), idleMs: 0 }) : undefined;
  const reader = { pixels: () => assert.fail('no picture'), bytes: async () => undefined };
  const engine = new Engine(loadedNetwork(extractor as unknown as Extractor), index, reader, {
    openStore: () => assert.fail('no store is named'),
    store,
    createQuantised: (rows) => FlatIndex.create({ dimension: d, rows }),
    maxRowBytes: kind === 'outside' ? 0 : undefined,
  });
  const { port1, port2 } = new MessageChannel();
  serve(domPort(port2), () => engine);
  return new Search({
    engine: connect<Engine<unknown, unknown>>(domPort(port1)).calls,
    storeName: (): never => assert.fail('no store is named'),
    size: 0,
    running: { batchSize: 500, threads: 1, where: 'memory' },
    hold: (): never => assert.fail('no picture'),
    dispose: () => {
      port1.close();
      port2.close();
    },
  });
}

/** A test's body with a search, which is closed even if the test fails: its ports would keep Node alive. */
export const opening = (kind: Kind, body: (search: Search) => Promise<void>) => async (): Promise<void> => {
  const search = await opened(kind);
  try {
    await body(search);
  } finally {
    await search.close();
  }
};
