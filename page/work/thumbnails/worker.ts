import { domPort, serve } from '../../../src/base/rpc.ts';
import { sha256 } from '../../../src/base/sha256.ts';
import { offscreenCanvas, type Small, type SmallCanvas, shrink } from './shrink.ts';

/** What the worker of small pictures does: all that reads the bytes of files. */
export interface SmallWorker {
  /** Whether it can draw. */
  canDraw(): Promise<boolean>;
  /** See {@link shrink}. */
  shrink(file: Blob): Promise<Small>;
  /** SHA-256 of a file, as lower-case hexadecimal. */
  hash(file: Blob): Promise<string>;
}

/** One canvas for each decode at a time; they are used again. */
const canvases: SmallCanvas[] = [];
const takeCanvas = (): SmallCanvas | undefined => canvases.pop() ?? offscreenCanvas();

const worker: SmallWorker = {
  async canDraw() {
    const canvas = typeof createImageBitmap === 'function' ? takeCanvas() : undefined;
    if (canvas) canvases.push(canvas);
    return canvas !== undefined;
  },
  async shrink(file) {
    const canvas = takeCanvas()!;
    try {
      return await shrink(file, canvas);
    } finally {
      canvases.push(canvas);
    }
  },
  hash: async (file) => sha256(new Uint8Array(await file.arrayBuffer())),
};

serve(domPort(globalThis as unknown as Worker), () => worker);
