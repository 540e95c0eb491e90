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

/**
 * Waits for something to open; not any longer once the signal is aborted. What opens all the same is closed again.
 *
 * @throws the signal's reason, or what `opening` rejects with
 */
export function openUnlessAborted<T extends { close(): unknown }>(
  opening: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal!.reason);
      opening.then((late) => late.close()).catch(() => {});
    };
    const ended =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        signal?.removeEventListener('abort', abort);
        if (!signal?.aborted) settle(value);
      };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    opening.then(ended(resolve), ended(reject));
  });
}
