/** A model's ONNX graph on the CPU. Calls made while one runs wait their turn, or run on another thread. */
export interface CpuGraph {
  readonly threads: number;
  /** Why there are fewer threads than there could be. */
  readonly note?: string | undefined;
  /**
   * @param input n × 3 × height × width
   * @returns the graph's output, n × its width, of the caller's own
   */
  run(input: Float32Array, n: number): Promise<Float32Array>;
  close(): Promise<void>;
}
