import { shown } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type { DeviceQueries } from '../knn/backend/backend.ts';
import { isOnGpu } from '../network/extractor.ts';
import type { EnginePicture, EngineQuery } from './call-types.ts';
import type { LazyNetwork } from './lazy-network.ts';
import { emptyOutcome, type Outcome, type PictureVectors } from './picture-vectors.ts';
import type { Pictures } from './pictures.ts';
import { groups, type Weights } from './query-parts.ts';
import { rocchio } from './rocchio.ts';
import type { CallOptions } from './types.ts';

/** From the pictures of queries to their vectors, one a query. */
export class QueryVectors<Source> {
  readonly #network: LazyNetwork;
  readonly #vectors: PictureVectors<Source>;
  readonly #pictures: Pictures;

  constructor(network: LazyNetwork, vectors: PictureVectors<Source>, pictures: Pictures) {
    this.#network = network;
    this.#vectors = vectors;
    this.#pictures = pictures;
  }

  /**
   * The features of queries: on the device, where network and index share it, so that a search reads back once.
   *
   * @returns a buffer is the caller's to destroy; else as {@link inMemory}
   */
  async onDevice(
    pictures: readonly EngineQuery<Source>[],
    weights: Weights,
    how: CallOptions,
  ): Promise<DeviceQueries | (Float32Array | undefined)[]> {
    const extractor = this.#network.loaded?.extractor;
    const sources = pictures.filter((picture) => 'source' in picture);
    if (
      !extractor ||
      !isOnGpu(extractor) ||
      extractor.gpu !== this.#pictures.index.device ||
      pictures.length === 0 ||
      pictures.length > extractor.batchSize ||
      sources.length < pictures.length ||
      weights.length < pictures.length
    ) {
      return this.inMemory(pictures, weights, how);
    }
    const outcome = emptyOutcome(sources);
    const { signal } = how;
    const { input } = await this.#vectors.readBatch(sources, 0, outcome, { signal, all: true });
    signal?.throwIfAborted();
    checkQueries(outcome, weights);
    const count = sources.length;
    const buffer = await extractor.extractToBuffer(input, count);
    how.onProgress?.({ phase: 'extract', done: count, total: count });
    return { buffer, count };
  }

  /** The features of each picture; `undefined` of those in the index. */
  async inMemory(
    pictures: readonly EngineQuery<Source>[],
    weights: Weights,
    how: CallOptions,
  ): Promise<(Float32Array | undefined)[]> {
    const places = [...pictures.keys()].filter((at) => !('id' in pictures[at]!));
    const given = places.map((at) => pictures[at] as EnginePicture<Source>);
    const outcome = await this.#vectors.vectors(given, { ...how, all: true });
    how.signal?.throwIfAborted();
    const failed = outcome.failed.map((failure) => ({ ...failure, at: places[failure.at]! }));
    checkQueries({ failed }, weights);
    const vectors: (Float32Array | undefined)[] = new Array(pictures.length).fill(undefined);
    for (const [n, at] of places.entries()) vectors[at] = outcome.vectors[n];
    return vectors;
  }

  /**
   * One vector a query.
   *
   * @param features of the pictures that are not in the index
   * @returns q × dimension
   */
  async combine(
    pictures: readonly EngineQuery<Source>[],
    features: readonly (Float32Array | undefined)[],
    weights: Weights,
  ): Promise<Float32Array> {
    const all: Float32Array[] = [];
    for (const [at, picture] of pictures.entries()) {
      all.push('id' in picture ? await storedVector(this.#pictures, picture.id) : features[at]!);
    }
    const { dimension } = this.#network;
    const block = new Float32Array(weights.length * dimension);
    for (const [n, some] of groups(all, weights).entries()) {
      const name = weights.length > 1 ? `Query ${n}` : 'The query';
      block.set(some.length === 1 ? some[0]! : rocchio(some, weights[n]!, name), n * dimension);
    }
    return block;
  }
}

/** The stored features of a picture. */
export async function storedVector(pictures: Pictures, id: string): Promise<Float32Array> {
  const vector = await pictures.vector(id);
  if (vector) return vector;
  throw new LikenessError('not-found', `No picture with the id ${shown(id)} is in the index; add it first.`);
}

/** The first picture of a query that cannot be read fails the call. */
function checkQueries({ failed: [failure] }: Pick<Outcome, 'failed'>, weights: Weights): void {
  if (!failure) return;
  const places = weights.flatMap((some, query) =>
    some.map((_, picture) => [
      ...(weights.length > 1 ? [`Query ${query}`] : []),
      ...(some.length > 1 ? [`Picture ${picture}`] : []),
    ]),
  );
  const which = places[failure.at]!.map((place) => `${place}: `).join('');
  throw new LikenessError(failure.code, `${which}${failure.message}`);
}
