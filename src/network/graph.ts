import type { LayerRange } from './convolution/thread.ts';

/** A model's convolutions on the CPU. Calls made while one runs wait their turn, or run on another thread. */
export interface CpuGraph {
  readonly threads: number;
  /** Why there are fewer threads than there could be. */
  readonly note?: string | undefined;
  /**
   * @param input n × 3 × height × width; what the first layer takes, where only some layers run
   * @returns what the last layer gives, n × its width, of the caller's own
   */
  run(input: Float32Array, n: number, layers?: LayerRange): Promise<Float32Array>;
  close(): Promise<void>;
}
