/** The decoders of AVIF and WebP make their result an `ImageData`, which Node has not: they find one while they run, and nobody else does. */
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
