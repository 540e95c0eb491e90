import { LikenessError } from '../../base/errors.ts';
import type {
  EngineAdded,
  EngineItem,
  EnginePicture,
  EngineQuery,
  EngineQueryOptions,
  RunningNetwork,
} from '../../engine/call-types.ts';
import type { EngineCalls } from '../../engine/engine.ts';
import { checkVector, groups, type Weights } from '../../engine/query-parts.ts';
import type { CallOptions, Hits, PageOptions, Report, SimilarityMap } from '../../engine/types.ts';
import type { Region } from '../../image/crop.ts';
import type { Entry } from '../../store/format/records.ts';
import { addRows, bodies, checkWriter, type SentRow } from './add-rows.ts';
import { countsOf, entriesOf, type Health, hitsOf, readHealth } from './answers.ts';
import type { Extractor } from './extractor.ts';
import type { Http } from './http.ts';
import { askedOf, queryRequest, urlCharacters } from './query-body.ts';

/** Queries of one call that are under way at once. */
const queriesAtOnce = 4;
/** Ids that one request removes. */
const idsAtOnce = 1000;

/** A call that a server cannot answer. */
type Refusing = () => Promise<never>;

/** The calls of an engine whose pictures a server has. What is extracted is extracted here. */
export class RemoteEngine<Source, StoreName> implements EngineCalls<Source, StoreName> {
  readonly #http: Http;
  readonly #extractor: Extractor<Source>;
  #health: Health;
  readonly #watchers = new Set<(size: number) => void>();

  constructor(http: Http, health: Health, extractor: Extractor<Source>) {
    this.#http = http;
    this.#health = health;
    this.#extractor = extractor;
  }

  get size(): number {
    return this.#health.size;
  }

  loadNetwork(how: CallOptions = {}): Promise<RunningNetwork> {
    return this.#extractor.loadNetwork(how);
  }

  whenLoaded(): Promise<RunningNetwork> {
    return this.#extractor.whenLoaded();
  }

  async add(
    items: readonly EngineItem<Source>[],
    { signal }: Pick<CallOptions, 'signal'> = {},
  ): Promise<EngineAdded> {
    checkWriter(this.#http);
    const { vectors, failed } = await this.#vectors(items, { signal });
    const rows = items.flatMap(({ id, meta }, at): SentRow[] => {
      const vector = vectors[at];
      return vector ? [{ at, id, vector, meta }] : [];
    });
    const { fingerprint } = this.#extractor;
    const { bodyBytes } = this.#health.limits;
    const added = await addRows(this.#http, rows, bodyBytes, fingerprint, signal as AbortSignal);
    this.#noteSize(added.size, rows.length > 0);
    return {
      added: added.added,
      replaced: added.replaced,
      unchanged: 0,
      extracted: items.filter((item, at) => 'source' in item && vectors[at]).length,
      size: this.size,
      failed: [...failed, ...added.failed],
    };
  }

  async query(pictures: readonly EngineQuery<Source>[], options: EngineQueryOptions): Promise<Hits[]> {
    const { weights = pictures.map(() => [1]), signal } = options;
    const outcome = await this.#vectors(pictures, options);
    const [failure] = outcome.failed;
    if (failure) throw new LikenessError(failure.code, where(failure.at, weights) + failure.message);
    const known = groups(outcome.vectors, weights);
    const asked = groups(pictures, weights).map((some, at) =>
      askedOf(some, known[at]!, weights[at]!, weights.length > 1 ? `Query ${at}` : 'The query'),
    );
    const answers: Hits[] = [];
    const numbers = asked.keys();
    const work = async (): Promise<void> => {
      for (const at of numbers) {
        const json = await this.#http.ask({
          ...queryRequest(asked[at]!, options),
          method: 'POST',
          path: 'query',
          fingerprint: 'ids' in asked[at]! ? null : this.#extractor.fingerprint,
          signal: signal as AbortSignal,
        });
        const { hits, size } = hitsOf(this.#http, json);
        this.#noteSize(size);
        answers[at] = hits;
      }
    };
    await Promise.all(Array.from({ length: queriesAtOnce }, work));
    return answers;
  }

  async remove(ids: readonly string[]): Promise<number> {
    checkWriter(this.#http);
    const list = Array.from(new Set(ids), (id) => JSON.stringify(id));
    let removed = 0;
    for (const content of bodies('ids', list, this.#health.limits.bodyBytes, idsAtOnce)) {
      const body = { type: 'application/json', content };
      const json = await this.#http.ask({ method: 'DELETE', path: 'entries', body, isChange: true });
      const counts = countsOf(this.#http, json, 'removed', 'size');
      removed += counts.removed;
      this.#noteSize(counts.size, counts.removed > 0);
    }
    return removed;
  }

  async has(id: string): Promise<boolean> {
    const path = `entries/${encodeURIComponent(id.replace(/\p{Surrogate}/gu, '\ufffd'))}`;
    if (path.length > urlCharacters) {
      // It has no neighbours, and is found or not.
      const body = { type: 'application/json', content: JSON.stringify({ ids: [id], k: 1, filter: [] }) };
      return (await this.#http.ask({ method: 'POST', path: 'query', body, mayMiss: true })) !== undefined;
    }
    // A URL has no such path.
    if (id !== '.' && id !== '..' && !/\p{Surrogate}/u.test(id)) {
      return (await this.#http.ask({ path, mayMiss: true })) !== undefined;
    }
    const parameters = new URLSearchParams({ limit: '1', filter: JSON.stringify([id]) });
    return entriesOf(this.#http, await this.#http.ask({ path: 'entries', parameters })).total > 0;
  }

  async entries({ offset = 0, limit = Infinity }: PageOptions = {}): Promise<{
    entries: Entry[];
    size: number;
  }> {
    const all: Entry[] = [];
    for (;;) {
      const parameters = new URLSearchParams({
        offset: `${offset + all.length}`,
        limit: `${Math.min(limit - all.length, this.#health.limits.page)}`,
      });
      const json = await this.#http.ask({ path: 'entries', parameters });
      const { entries, total } = entriesOf(this.#http, json);
      all.push(...entries);
      this.#noteSize(total);
      if (entries.length === 0 || all.length >= limit || offset + all.length >= total) {
        return { entries: all, size: this.size };
      }
    }
  }

  extract(
    source: Source,
    options: CallOptions & { region?: Region | undefined } = {},
  ): Promise<Float32Array> {
    return this.#extractor.extract(source, options);
  }

  async explain(
    picture: { source: Source; region?: Region | undefined },
    other: readonly EngineQuery<Source>[],
    options: CallOptions & { weights?: Weights | undefined } = {},
  ): Promise<SimilarityMap> {
    if (other.some((each) => 'id' in each)) {
      throw this.#unsupported('explain with a picture that is named by its id', 'give the picture itself');
    }
    return this.#extractor.explain(picture, other as readonly EnginePicture<Source>[], options);
  }

  async watch({ signal, onChange }: Parameters<EngineCalls<Source, StoreName>['watch']>[0]): Promise<void> {
    this.#watchers.add(onChange);
    await new Promise((go) => signal.addEventListener('abort', go));
    this.#watchers.delete(onChange);
  }

  async report(): Promise<Report> {
    const health = await readHealth(this.#http);
    this.#health = health;
    const { engine, exact, recall, staleMs, writable, dims, size } = health;
    const url = this.#http.address.name;
    const how = exact ? 'exactly' : 'approximately';
    return {
      ...(await this.#extractor.report(health)),
      knn: { backend: 'server', reason: `${url} (${engine}) searches ${how} among ${size} × ${dims} values` },
      size,
      notNormalised: null,
      store: null,
      server: { url, engine, exact, recall, staleMs, writable },
    };
  }

  async close(): Promise<void> {
    this.#http.close(new LikenessError('closed', 'This ImageSearch was closed; open another.'));
    await this.#extractor.close();
  }

  readonly distances: Refusing = this.#refusing('distances');
  readonly duplicates: Refusing = this.#refusing('duplicates');
  readonly map: Refusing = this.#refusing('map');
  readonly vector: Refusing = this.#refusing('vector', 'extract, or query({ id })');
  readonly features: Refusing = this.#refusing('features');
  readonly save: Refusing = this.#refusing('save');
  readonly export: Refusing = this.#refusing('export');
  readonly import: Refusing = this.#refusing('import', 'add, or `likeness index`');
  readonly compact: Refusing = this.#refusing('compact');
  readonly reorder: Refusing = this.#refusing('reorder');

  #refusing(call: string, instead?: string): Refusing {
    return async () => {
      throw this.#unsupported(call, instead);
    };
  }

  #unsupported(what: string, instead = 'open the index itself, where its files are'): LikenessError {
    return new LikenessError(
      'unsupported',
      `A server (${this.#http.address.name}) gives hits and metadata, no vectors, so there is no ${what}. Instead: ${instead}.`,
    );
  }

  /** A predicate would bring millions of ids here. */
  refusePredicate(): never {
    throw this.#unsupported(
      'filter that is a function',
      "{ meta: { colour: 'red', year: { min: 2020 } } } or a list of ids",
    );
  }

  /** How many pictures there are now. @param isChanged whether they are others, even where there are as many */
  #noteSize(size = this.size, isChanged = false): void {
    if (size === this.size && !isChanged) return;
    this.#health = { ...this.#health, size };
    for (const tell of this.#watchers) tell(size);
  }

  /** The vectors of what is no id; why there is none. */
  async #vectors(
    items: readonly (EnginePicture<Source> | { id: string })[],
    { signal, onProgress }: CallOptions,
  ): Promise<{ vectors: (Float32Array | undefined)[]; failed: EngineAdded['failed'] }> {
    const total = items.filter((item) => 'source' in item).length;
    let done = 0;
    const failed: EngineAdded['failed'] = [];
    const vectorOf = async (item: (typeof items)[number]): Promise<Float32Array | undefined> => {
      if ('vector' in item) return checkVector(item.vector, this.#health.dims);
      if (!('source' in item)) return undefined;
      const { source, region } = item;
      const vector = await this.#extractor.extract(source, {
        signal,
        region,
        onProgress: (progress) => progress.phase === 'model' && onProgress?.(progress),
      });
      onProgress?.({ phase: 'extract', done: ++done, total });
      return vector;
    };
    const vectors = await Promise.all(
      items.map((item, at) =>
        vectorOf(item).catch((error): undefined => {
          const isOfItem =
            error instanceof LikenessError && ['bad-argument', 'bad-image', 'not-found'].includes(error.code);
          if (!isOfItem) throw error;
          failed.push({ at, code: error.code, message: error.message });
        }),
      ),
    );
    return { vectors, failed: failed.sort((a, b) => a.at - b.at) };
  }
}

/** Which picture of which query, in a message. */
function where(at: number, weights: Weights): string {
  const places = weights.flatMap((some, query) =>
    some.map((_, picture) => [
      ...(weights.length > 1 ? [`Query ${query}: `] : []),
      ...(some.length > 1 ? [`Picture ${picture}: `] : []),
    ]),
  );
  return places[at]!.join('');
}
