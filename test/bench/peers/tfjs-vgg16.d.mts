/** Width of the blocks, side of the input, width of fc1. */
export interface Shape {
  widths: number[];
  inputSize: number;
  fc1: number;
}
export function startBackend(name: 'cpu' | 'wasm', wasmFolder?: string, threads?: number): Promise<void>;
export function createVgg16(
  shape: Shape,
  weightsOf: (layer: string) => { kernel: Float32Array; bias: Float32Array },
): { extract(rgb: Uint8Array): Promise<Float32Array>; dispose(): void };
