/** Width of the blocks, side of the input, width of fc1. */
export interface Shape {
  widths: number[];
  inputSize: number;
  fc1: number;
}
export type Mistake = 'channels-first flatten' | 'RGB' | 'no ReLU';
export interface Vgg16 {
  extract(rgb: Uint8Array, mode?: 'caffe' | 'torch'): Promise<Float32Array>;
  dispose(): void;
}
export function startBackend(name: 'cpu' | 'wasm', wasmFolder?: string, threads?: number): Promise<void>;
export function createVgg16(
  shape: Shape,
  weightsOf: (layer: string) => { kernel: Float32Array; bias: Float32Array },
  mistake?: Mistake,
): Vgg16;
