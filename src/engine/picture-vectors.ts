import { LikenessError } from '../base/errors.ts';
import { sha256 } from '../base/sha256.ts';
import { crop } from '../image/crop.ts';
import type { Pixels } from '../image/pixels.ts';
import { toTensor } from '../image/tensor.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';
import { type EngineAdded, type EnginePicture, type PictureReader, releasePixels } from './call-types.ts';
import type { LazyNetwork } from './lazy-network.ts';
import type { Pictures } from './pictures.ts';
import { checkVector } from './query-parts.ts';
import type { CallOptions } from './types.ts';

/** Vectors that are checked together, where there is no network yet. */
const vectorsAtOnce = 8;

/** A picture that was read; without pixels where the index has its content. */
type Reading = Promise<{ hash: string | undefined; pixels?: Pixels }>;

export interface Extraction extends CallOptions {
  /** Whether all are read and extracted, whatever the index holds. */
  all?: boolean;
}

/** What became of items, by their position. */
export interface Outcome {
  vectors: (Float32Array | undefined)[];
  hashes: (string | undefined)[];
  /** The index has their content. */
  known: Set<number>;
  failed: EngineAdded['failed'];
}

/** From pictures to their features: they are read, decoded and extracted in batches. */
export class PictureVectors<Source> {
  readonly #network: LazyNetwork;
  readonly #reader: PictureReader<Source>;
  readonly #pictures: Pictures;

  constructor(network: LazyNetwork, reader: PictureReader<Source>, pictures: Pictures) {
    this.#network = network;
    this.#reader = reader;
    this.#pictures = pictures;
  }

  /**
   * Begins to read a picture, one ahead: it is decoded while the picture before becomes a tensor. Not more at once, since
   * a decoded photograph may have 100 MB.
   */
  #read(item: EnginePicture<Source> | undefined, all: boolean): Reading | undefined {
    if (!item || 'vector' in item) return undefined;
    const read = async ({ source, region }: typeof item): Reading => {
      // Without a store there is nothing to resume.
      const bytes = !all && this.#pictures.stored ? await this.#reader.bytes(source) : undefined;
      const hash = bytes && (await sha256(bytes));
      this.#reader.release?.(bytes);
      if (hash !== undefined && this.#pictures.knows(hash)) return { hash };
      const pixels = await this.#reader.pixels(source);
      if (!region) return { hash, pixels };
      const part = crop(pixels, region);
      releasePixels(this.#reader, pixels);
      return { hash, pixels: part };
    };
    const reading = read(item);
    reading.catch(() => {}); // after an abort nobody awaits it
    return reading;
  }

  /**
   * A feature vector for each item, or why there is none. A picture whose content is in the index is not decoded: it is
   * known, and has no vector. Decoding for one call overlaps the network's run for another.
   */
  async vectors(items: readonly EnginePicture<Source>[], how: Extraction): Promise<Outcome> {
    const { dimension } = this.#network;
    const outcome = emptyOutcome(items);
    const images = items.filter((item) => 'source' in item).length;
    const extractor =
      images > 0 ? (this.#network.loaded ?? (await this.#network.get(how))).extractor : undefined;
    const batchSize = extractor?.batchSize ?? vectorsAtOnce;
    let extracted = 0;
    for (let start = 0; start < items.length && !how.signal?.aborted; start += batchSize) {
      const batch = items.slice(start, start + batchSize);
      const { input, places } = await this.readBatch(batch, start, outcome, how);
      if (places.length === 0 || how.signal?.aborted) continue;
      const features = await extractor!.extract(input, places.length);
      extracted += places.length;
      how.onProgress?.({ phase: 'extract', done: extracted, total: images });
      for (const [n, at] of places.entries()) {
        const vector = features.slice(n * dimension, (n + 1) * dimension);
        if (firstNotFinite(vector) < 0) outcome.vectors[at] = vector;
        else {
          const message = 'The network gave no finite features for this picture; its weights may be damaged.';
          outcome.failed.push({ at, code: 'bad-model', message });
        }
      }
    }
    return outcome;
  }

  /**
   * Reads the pictures of a batch.
   *
   * @param start position of the batch's first item among all
   * @param outcome gets what needs no network: vectors that were given, pictures that are known, failures
   * @returns the network's input; `places`: the position among all items of each picture in it
   */
  async readBatch(
    batch: readonly EnginePicture<Source>[],
    start: number,
    { vectors, hashes, known, failed }: Outcome,
    { signal, all = false }: Extraction,
  ): Promise<{ input: Float32Array; places: number[] }> {
    const { manifest, dimension } = this.#network;
    const { width, height } = manifest.preprocessing;
    const inputSize = 3 * width * height;
    const input = new Float32Array(batch.length * inputSize);
    const places: number[] = [];
    let next = this.#read(batch[0], all);
    for (const [offset, item] of batch.entries()) {
      const at = start + offset;
      if (signal?.aborted) break;
      const reading = next;
      next = this.#read(batch[offset + 1], all);
      try {
        if ('vector' in item) {
          vectors[at] = checkVector(item.vector, dimension);
        } else {
          const { hash, pixels } = (await reading)!;
          hashes[at] = hash;
          if (!pixels) {
            known.add(at);
            continue;
          }
          toTensor(
            pixels,
            manifest.preprocessing,
            input.subarray(places.length * inputSize, (places.length + 1) * inputSize),
          );
          releasePixels(this.#reader, pixels);
          places.push(at);
        }
      } catch (error) {
        if (!(error instanceof LikenessError)) throw error;
        failed.push({ at, code: error.code, message: error.message });
      }
    }
    return { input: input.subarray(0, places.length * inputSize), places };
  }
}

export function emptyOutcome(items: readonly unknown[]): Outcome {
  return {
    vectors: new Array(items.length).fill(undefined),
    hashes: new Array(items.length).fill(undefined),
    known: new Set(),
    failed: [],
  };
}
