import { expose } from 'comlink';
import type { Engine } from '../engine.ts';
import { LikenessError } from '../errors.ts';
import type { Picture } from '../image/source.ts';
import { carryErrorCodes } from './errors.ts';
import { type EngineOptions, openEngine } from './open-engine.ts';

let opened: Engine<Picture> | undefined;

function engine(): Engine<Picture> {
  if (!opened) throw new LikenessError('closed', 'The worker has no engine; call open first.');
  return opened;
}

/** What the page calls: `open`, then {@link Engine}'s methods. */
export interface EngineWorker
  extends Pick<
    Engine<Picture>,
    'add' | 'query' | 'extract' | 'remove' | 'vector' | 'features' | 'report' | 'cancel' | 'close'
  > {
  /** Resolves to the number of pictures that one `add` takes best. */
  open(options: EngineOptions, onBytes: (done: number, total: number) => void): Promise<number>;
}

const worker: EngineWorker = {
  async open(options, onBytes) {
    const { engine, batchSize } = await openEngine(options, import.meta.url, onBytes);
    opened = engine;
    return batchSize;
  },
  add: (items, call) => engine().add(items, call),
  query: (queries, k) => engine().query(queries, k),
  extract: (source) => engine().extract(source),
  remove: (ids) => engine().remove(ids),
  vector: (id) => engine().vector(id),
  features: () => engine().features(),
  report: () => engine().report(),
  cancel: (call) => engine().cancel(call),
  close: () => engine().close(),
};

carryErrorCodes();
expose(worker);
