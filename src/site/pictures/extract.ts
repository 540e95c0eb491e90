import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { LikenessError } from '../../base/errors.ts';
import { Mutex } from '../../base/lock.ts';
import { decodeWithoutSharp } from '../../image/decode.node.ts';
import { smallWebp } from '../../image/small.ts';
import { toTensor } from '../../image/tensor.ts';
import type { Extractor } from '../../network/extractor.ts';
import { type Extracted, type PictureCache, smallEncoding } from './cache.ts';

/** Both sides of a picture have at least so many pixels; what has fewer is an icon. */
export const leastSide = 32;

/** More than any picture has that is read; a file is in memory as a whole while it is decoded. */
const maxBytes = 1 << 30;

/** A picture that was read. What is in the cache is not in memory. */
export interface ReadPicture {
  width: number;
  height: number;
  vector: Float32Array;
  /** The SHA-256 of the small picture's file, and its bytes. */
  small: { sha256: string; byteLength: number; bytes(): Promise<Uint8Array> };
}

export type Outcome = ReadPicture | { failed: string } | 'small';

export interface ExtractOptions {
  cache: PictureCache;
  smallSize: number;
  /** Asked for when a picture needs the network; who gave it closes it. */
  openExtractor: () => Promise<Extractor>;
  signal: AbortSignal | undefined;
  /** Pictures done, and those of them that the network saw. */
  onProgress: ((done: number, extracted: number) => void) | undefined;
}

export interface Extraction {
  /** In the order of the files. */
  outcomes: Outcome[];
  /** Pictures that the network saw. */
  extracted: number;
  /** Whether all that was made is in the cache. */
  cached: boolean;
}

/** A picture's network input, and what else is made of it while it is decoded. */
interface Prepared {
  sha256: string;
  tensor: Float32Array;
  width: number;
  height: number;
  small: Uint8Array;
}

/**
 * Features and small pictures of files: the same bits on every machine, whatever `sharp` would decode and however many
 * threads the network has. One picture is decoded at a time, so one that is very large is alone in memory.
 *
 * @throws the signal's reason; what the extractor throws
 */
export async function extractPictures(
  files: readonly string[],
  options: ExtractOptions,
): Promise<Extraction> {
  const run = new Run(files, options);
  await run.all();
  return run;
}

class Run implements Extraction {
  readonly outcomes: Outcome[];
  extracted = 0;
  cached = true;
  readonly #files: readonly string[];
  readonly #options: ExtractOptions;
  /** By content: copies of a file are read once. */
  readonly #bySha = new Map<string, Promise<Outcome>>();
  readonly #decoding = new Mutex();
  #next = 0;
  #done = 0;
  #isStopped = false;

  constructor(files: readonly string[], options: ExtractOptions) {
    this.#files = files;
    this.#options = options;
    this.outcomes = new Array(files.length);
  }

  async all(): Promise<void> {
    // What needs no network is done before one is opened.
    const missing: number[] = [];
    const { signal } = this.#options;
    const look = async (): Promise<void> => {
      for (let at = this.#next++; at < this.#files.length; at = this.#next++) {
        signal?.throwIfAborted();
        const outcome = await this.#fromCache(this.#files[at]!);
        if (outcome) this.#settle(at, outcome);
        else missing.push(at);
      }
    };
    await Promise.all(Array.from({ length: 8 }, look));
    if (missing.length === 0) return;
    missing.sort((a, b) => a - b);
    const extractor = await this.#options.openExtractor();
    const queue = missing.values();
    const work = (): Promise<void> =>
      this.#work(queue, extractor).catch((error) => {
        this.#isStopped = true;
        throw error;
      });
    const ended = await Promise.allSettled(Array.from({ length: extractor.threads + 1 }, work));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  #settle(at: number, outcome: Outcome): void {
    this.outcomes[at] = outcome;
    this.#options.onProgress?.(++this.#done, this.extracted);
  }

  async #fromCache(file: string): Promise<Outcome | undefined> {
    const bytes = await this.#read(file);
    if ('failed' in bytes) return bytes;
    const sha256 = sha256Of(bytes);
    const there = await this.#options.cache.read(sha256);
    return there && this.#asRead(there, sha256, true);
  }

  async #read(file: string): Promise<Uint8Array | { failed: string }> {
    try {
      const { size } = await stat(file);
      if (size > maxBytes) return { failed: `it has ${size} bytes; a picture file has up to ${maxBytes}` };
      return await readFile(file);
    } catch (error) {
      return { failed: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? error})` };
    }
  }

  /** Takes pictures until there are enough for the network, and goes on. */
  async #work(queue: Iterator<number>, extractor: Extractor): Promise<void> {
    const { signal } = this.#options;
    for (;;) {
      const batch: { prepared: Prepared; settle(outcome: Outcome): void; fail(error: unknown): void }[] = [];
      const waiting: Promise<void>[] = [];
      let isLast = false;
      while (batch.length < extractor.batchSize) {
        signal?.throwIfAborted();
        const { value: at, done } = queue.next();
        if (done || this.#isStopped) {
          isLast = true;
          break;
        }
        const bytes = await this.#read(this.#files[at]!);
        if ('failed' in bytes) {
          this.#settle(at, bytes);
          continue;
        }
        const sha256 = sha256Of(bytes);
        const twin = this.#bySha.get(sha256);
        if (twin) {
          waiting.push(twin.then((outcome) => this.#settle(at, outcome)));
          continue;
        }
        const { settle, fail } = this.#expect(sha256, at);
        const prepared = await this.#decoding.run(() => this.#prepare(bytes, sha256, extractor));
        if (prepared === 'small' || 'failed' in prepared) settle(prepared);
        else batch.push({ prepared, settle, fail });
      }
      try {
        await this.#extract(batch, extractor);
      } catch (error) {
        for (const { fail } of batch) fail(error);
        throw error;
      }
      // Another batch may hold the twin: this one must not wait for it before it is done itself.
      await Promise.all(waiting);
      if (isLast) return;
    }
  }

  /** Tells others of the same content what becomes of it. */
  #expect(sha256: string, at: number): { settle(outcome: Outcome): void; fail(error: unknown): void } {
    let settle: (outcome: Outcome) => void;
    let fail: (error: unknown) => void;
    const promise = new Promise<Outcome>((resolve, reject) => {
      settle = (outcome) => {
        resolve(outcome);
        this.#settle(at, outcome);
      };
      fail = reject;
    });
    promise.catch(() => {}); // the batch fails as a whole
    this.#bySha.set(sha256, promise);
    return { settle: settle!, fail: fail! };
  }

  async #prepare(
    bytes: Uint8Array,
    sha256: string,
    { manifest: { preprocessing } }: Extractor,
  ): Promise<Prepared | { failed: string } | 'small'> {
    try {
      const pixels = await decodeWithoutSharp(bytes, { orient: true });
      const { width, height } = pixels;
      if (Math.min(width, height) < leastSide) return 'small';
      const tensor = toTensor(pixels, preprocessing);
      const small = await smallWebp(pixels, { side: this.#options.smallSize, ...smallEncoding });
      return { sha256, tensor, width, height, small };
    } catch (error) {
      if (error instanceof LikenessError) return { failed: error.message };
      throw error;
    }
  }

  async #extract(
    batch: readonly { prepared: Prepared; settle(outcome: Outcome): void }[],
    extractor: Extractor,
  ): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const size = first.prepared.tensor.length;
    const input = new Float32Array(batch.length * size);
    for (const [i, { prepared }] of batch.entries()) input.set(prepared.tensor, i * size);
    const features = await extractor.extract(input, batch.length);
    const { dimension } = extractor;
    for (const [i, { prepared, settle }] of batch.entries()) {
      const { sha256, width, height, small } = prepared;
      const vector = features.slice(i * dimension, (i + 1) * dimension);
      if (!vector.every(Number.isFinite)) {
        settle({ failed: 'the network gave no finite features for it; its weights may be damaged' });
        continue;
      }
      this.extracted++;
      const made: Extracted = { width, height, vector, small };
      const isKept = await this.#options.cache.write(sha256, made);
      this.cached &&= isKept;
      settle(this.#asRead(made, sha256, isKept));
    }
  }

  #asRead({ width, height, vector, small }: Extracted, sha256: string, isKept: boolean): ReadPicture {
    const bytes = isKept ? this.#fromEntry(sha256) : () => Promise.resolve(small);
    return {
      width,
      height,
      vector,
      small: { sha256: sha256Of(small), byteLength: small.length, bytes },
    };
  }

  /** Not within another function, whose variables it would keep in memory. */
  #fromEntry(sha256: string): () => Promise<Uint8Array> {
    return async () => {
      const there = await this.#options.cache.read(sha256);
      if (there) return there.small;
      throw new LikenessError(
        'not-found',
        'The cache was emptied while the site was written; run the command again.',
      );
    };
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
