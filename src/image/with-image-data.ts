/** Decoders of AVIF and WebP return an `ImageData`, which Node does not have. They find one while they run; nobody else does. */
export function withImageData<T>(run: () => T): T {
  if ('ImageData' in globalThis) return run();
  class PlainImageData {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data;
      this.width = width;
      this.height = height;
    }
  }
  const scope = globalThis as { ImageData?: unknown };
  scope.ImageData = PlainImageData;
  try {
    return run();
  } finally {
    delete scope.ImageData;
  }
}
