import { LikenessError } from '../../base/errors.ts';
import type { EnginePicture, RunningNetwork } from '../../engine/call-types.ts';
import type { EngineCalls } from '../../engine/engine.ts';
import type { Weights } from '../../engine/query-parts.ts';
import type { CallOptions, Report, SimilarityMap } from '../../engine/types.ts';
import type { Region } from '../../image/crop.ts';
import type { EngineHost } from '../image-search.ts';
import type { Health } from './answers.ts';

/** An engine of this machine with an empty index: its network makes the vectors that a server is asked for. */
export type LocalHost<Source> = Pick<EngineHost<Source>, 'engine' | 'dispose'>;

/** Extracts with the model of a server's vectors, or says why it cannot. */
export class Extractor<Source> {
  readonly #local: EngineCalls<Source, unknown> | undefined;
  readonly #why: LikenessError | undefined;
  /** Of the vectors that are sent. */
  readonly fingerprint: string | null;

  /** @param why there is no engine */
  constructor(local: LocalHost<Source> | undefined, fingerprint: string | null, why?: LikenessError) {
    this.#local = local?.engine;
    this.#why = why;
    this.fingerprint = local ? fingerprint : null;
  }

  async loadNetwork(how: CallOptions): Promise<RunningNetwork> {
    return this.#here().loadNetwork(how);
  }

  async whenLoaded(): Promise<RunningNetwork> {
    return this.#here().whenLoaded();
  }

  async extract(
    source: Source,
    options: CallOptions & { region?: Region | undefined },
  ): Promise<Float32Array> {
    return this.#here().extract(source, options);
  }

  async explain(
    picture: { source: Source; region?: Region | undefined },
    other: readonly EnginePicture<Source>[],
    options: CallOptions & { weights?: Weights | undefined },
  ): Promise<SimilarityMap> {
    return this.#here().explain(picture, other, options);
  }

  /** What runs here. */
  async report({
    model,
    fingerprint,
    dims,
  }: Health): Promise<Pick<Report, 'model' | 'extractor' | 'modelFiles'>> {
    if (this.#local) {
      const { model: own, extractor, modelFiles } = await this.#local.report();
      return { model: own, extractor, modelFiles };
    }
    return {
      model: {
        name: model?.name ?? 'unknown',
        version: model?.version ?? '',
        fingerprint: fingerprint ?? '',
        dimension: dims,
      },
      extractor: null,
      modelFiles: null,
    };
  }

  async close(): Promise<void> {
    await this.#local?.close();
  }

  #here(): EngineCalls<Source, unknown> {
    if (this.#local) return this.#local;
    // A new one: its stack is that of the call.
    const { code, message } = this.#why!;
    throw new LikenessError(code, message, { cause: this.#why });
  }
}
