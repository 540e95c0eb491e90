/** How patient a download is. */
export interface Patience {
  /** Tries in a row that bring nothing new. */
  attempts: number;
  /** Before the second try; twice as long before each further one. */
  pauseMs: number;
  /** An answer that brings nothing for so long is given up. */
  stallMs: number;
}

export const defaultPatience: Patience = { attempts: 4, pauseMs: 500, stallMs: 30_000 };

/** Resolves after `ms`; rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
