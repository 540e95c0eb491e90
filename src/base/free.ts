import { classOf } from './class-of.ts';

/** What is smaller may wait for the garbage collector. */
const large = 1 << 20;

/**
 * Gives the memory of a large array back at once; the array is empty from then on. A garbage collector comes when it thinks
 * that it is time: of photographs with 50 MB of pixels, several wait for it.
 *
 * The array is sent to a port that is closed before anybody reads it. `ArrayBuffer.prototype.transfer` would leave the
 * memory to what else of the browser has seen the array: an `ImageData`, a `Blob` that was read.
 *
 * Nothing happens where the array is a part of something larger, or a WebAssembly memory.
 */
export function free(array: ArrayBufferView | undefined): void {
  if (!array || array.byteLength < large || array.byteLength !== array.buffer.byteLength) return;
  if (classOf(array.buffer) !== 'ArrayBuffer') return;
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(undefined, [array.buffer as ArrayBuffer]);
  } catch {
    // It cannot be handed over, and stays as it is.
  }
  port1.close();
  port2.close();
}
