import type { CallOptions, Progress } from './types.ts';

/** How often a long call lets messages in, such as an abort. Each time takes up to 4 ms. */
const breathMs = 100;

/**
 * Reports progress, and ends a call whose signal is aborted.
 *
 * @returns call it with what is done, and await it; it rejects with the signal's reason
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
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    opening.finally(() => signal?.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
