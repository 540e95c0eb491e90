import { LikenessError } from '../base/errors.ts';
import type { ExtractorChoice } from '../network/choose.ts';
import type { Manifest } from '../network/manifest.ts';
import type { CallOptions, ModelFiles, Progress } from './types.ts';

/** A network that runs, and where its files came from. */
export interface LoadedNetwork extends ExtractorChoice {
  modelFiles: ModelFiles;
}

/** Fetches and starts a network. */
export type LoadNetwork = (how: {
  signal: AbortSignal;
  onProgress(progress: Progress): void;
}) => Promise<LoadedNetwork>;

/** One attempt to load it, for all who wait. */
interface Loading {
  network: Promise<LoadedNetwork>;
  stop: AbortController;
  waiting: Set<(progress: Progress) => void>;
  last?: Progress;
}

/**
 * A model's network, which is loaded when it is first needed. All who need it meanwhile wait for the same attempt, which
 * ends early when none of them waits any more. After an attempt that failed the next who needs it tries again.
 */
export class LazyNetwork {
  /** What is known of it before it is loaded. */
  readonly manifest: Manifest;
  readonly dimension: number;
  readonly #load: LoadNetwork;
  #loading: Loading | undefined;
  #loaded: LoadedNetwork | undefined;
  /** When the attempts before have let go of what they had. */
  #ended: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  readonly #watchers: (() => void)[] = [];

  constructor(manifest: Manifest, load: LoadNetwork) {
    this.manifest = manifest;
    this.dimension = manifest.output.dimension;
    this.#load = load;
  }

  /** One that runs already. */
  static of(loaded: LoadedNetwork): LazyNetwork {
    const network = new LazyNetwork(loaded.extractor.manifest, async () => loaded);
    network.#loaded = loaded;
    return network;
  }

  /** `undefined` while it is not loaded. */
  get loaded(): LoadedNetwork | undefined {
    return this.#loaded;
  }

  /**
   * Waits for the network; loads it where nobody has.
   *
   * @throws LikenessError of the model or of what runs it; `closed`; the reason of `signal`
   */
  async get({ signal, onProgress }: CallOptions = {}): Promise<LoadedNetwork> {
    if (this.#loaded) return this.#loaded;
    signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    this.#loading ??= this.#begin();
    const loading = this.#loading;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        loading.waiting.delete(tell);
        signal?.removeEventListener('abort', abort);
      };
      const giveUp = (reason: unknown): void => {
        leave();
        reject(reason);
        if (loading.waiting.size === 0) this.#giveUp(loading, reason);
      };
      const abort = (): void => giveUp(signal!.reason);
      /** What it throws is the end of this call, not of the others. */
      const tell = (progress: Progress): void => {
        try {
          onProgress?.(progress);
        } catch (error) {
          giveUp(error);
        }
      };
      loading.waiting.add(tell);
      signal?.addEventListener('abort', abort);
      loading.network.finally(leave).then(resolve, reject);
      if (loading.last) tell(loading.last);
    });
  }

  /** Resolves when it is loaded, whoever asks for it. */
  async whenLoaded(): Promise<LoadedNetwork> {
    while (!this.#loaded) await new Promise<void>((go) => this.#watchers.push(go));
    return this.#loaded;
  }

  #begin(): Loading {
    const stop = new AbortController();
    const { signal } = stop;
    const loading: Loading = {
      stop,
      waiting: new Set(),
      // Never two at once: the network of one that is given up may be half in memory.
      network: this.#ended.then(async () => {
        signal.throwIfAborted();
        const loaded = await this.#load({
          signal,
          onProgress(progress) {
            loading.last = progress;
            for (const tell of [...loading.waiting]) tell(progress);
          },
        }).catch((error) => {
          throw signal.aborted ? signal.reason : error;
        });
        if (!signal.aborted) return loaded;
        await free(loaded);
        throw signal.reason;
      }),
    };
    this.#ended = loading.network.then(
      (loaded) => {
        this.#loaded = loaded;
        for (const go of this.#watchers.splice(0)) go();
      },
      () => {
        if (this.#loading === loading) this.#loading = undefined;
      },
    );
    return loading;
  }

  /** The next who needs it begins anew. */
  #giveUp(loading: Loading, reason: unknown): void {
    if (this.#loading === loading) this.#loading = undefined;
    loading.stop.abort(reason);
  }

  /** Ends an attempt under way, and begins no other. What is loaded goes on. */
  stop(): void {
    this.#isClosed = true;
    if (this.#loading && !this.#loaded) this.#giveUp(this.#loading, closed());
  }

  /** As {@link stop}; then frees what is loaded. */
  async close(): Promise<void> {
    this.stop();
    await this.#ended;
    if (this.#loaded) await this.#loaded.extractor.close();
  }
}

async function free({ extractor, device }: LoadedNetwork): Promise<void> {
  await extractor.close().catch(() => {});
  device?.destroy();
}

const closed = (): LikenessError =>
  new LikenessError(
    'closed',
    'This ImageSearch was closed while its network was being loaded; open another.',
  );
