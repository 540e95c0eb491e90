import type { Sensitivity } from './explain.ts';
import type { Manifest } from './manifest.ts';

/** A network ready to run. One call at a time; calls made meanwhile wait their turn. */
export interface Extractor {
  readonly manifest: Manifest;
  /** Values in a feature vector. */
  readonly dimension: number;
  readonly backend: 'wasm' | 'webgpu';
  /** Threads of the wasm build; 1 on WebGPU. */
  readonly threads: number;
  /** Pictures that one run takes best. */
  readonly batchSize: number;
  /**
   * Features of `n` pictures.
   *
   * @param input n × 3 × height × width float32, as the manifest's preprocessing makes it
   * @returns n × dimension float32, each row divided by its Euclidean norm (a zero row stays zero)
   */
  extract(input: Float32Array, n: number): Promise<Float32Array>;
  /**
   * How much each place of a picture counts for its similarity to a vector; on the CPU, whatever the backend.
   *
   * @param input as for {@link extract}, of one picture
   * @param other dimension values, of any length
   * @param onStep told how far it has come, and waited for; what it rejects with ends the call
   */
  explain(
    input: Float32Array,
    other: Float32Array,
    onStep: (done: number, total: number) => Promise<void>,
  ): Promise<Sensitivity>;
  close(): Promise<void>;
}

/** Whether an extractor can leave the features on its device. */
export const isOnGpu = (extractor: Extractor): extractor is GpuExtractor => 'extractToBuffer' in extractor;

/** An extractor on WebGPU can leave the features where they are. */
export interface GpuExtractor extends Extractor {
  readonly backend: 'webgpu';
  readonly gpu: GPUDevice;
  /**
   * As {@link Extractor.extract}, the result staying on the device.
   *
   * @returns n × dimension float32, normalised, in a buffer of the caller's, who destroys it
   */
  extractToBuffer(input: Float32Array, n: number): Promise<GPUBuffer>;
}
