import type { CallOptions, Progress } from './types.ts';

/** How often a long call lets messages in: an abort is one. Each time takes up to 4 ms. */
const breathMs = 100;

/**
 * Tells how far a call has come, and ends it where its signal says so.
 *
 * @returns to be called with what is done of `total`, and awaited; rejects with the signal's reason
 */
export function progressOf(
  { signal, onProgress }: CallOptions,
  phase: Progress['phase'],
  total: number,
): (done: number) => Promise<void> {
  let breathed = performance.now();
  return async (done) => {
    onProgress?.({ phase, done, total });
    if (signal && performance.now() - breathed > breathMs) {
      await new Promise((go) => setTimeout(go));
      breathed = performance.now();
    }
    signal?.throwIfAborted();
  };
}
