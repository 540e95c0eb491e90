/** When a request that failed is made again. */
export interface RetryPolicy {
  /** Requests in a row that bring nothing new. */
  attempts: number;
  /** The pause before the second request; each further one is twice as long. */
  pauseMs: number;
  /** A response that brings nothing for so long is given up. */
  stallMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 4, pauseMs: 500, stallMs: 30_000 };

/**
 * Does `work` until it succeeds.
 *
 * @param work calls its argument when it got further: earlier failures do not count then
 * @param isFinal whether another attempt would end in the same error
 * @param leastPauseMs what the other side asks to wait after an error
 * @throws the error of the last attempt; the signal's reason, once aborted
 */
export async function retry<T>(
  work: (gotFurther: () => void) => Promise<T>,
  { attempts, pauseMs }: Omit<RetryPolicy, 'stallMs'>,
  signal: AbortSignal | undefined,
  isFinal: (error: unknown) => boolean,
  leastPauseMs: (error: unknown) => number = () => 0,
): Promise<T> {
  for (let failures = 0; ; ) {
    let isFurther = false;
    let least = 0;
    try {
      return await work(() => {
        isFurther = true;
      });
    } catch (error) {
      signal?.throwIfAborted();
      failures = isFurther ? 0 : failures + 1;
      if (failures >= attempts || isFinal(error)) throw error;
      least = leastPauseMs(error);
    }
    await pause(Math.max(least, pauseMs * 2 ** Math.max(0, failures - 1)), signal);
  }
}

/** Aborts what brings nothing for too long. */
export interface StallWatch {
  /** Its reason says how long nothing came, or is that of the signal it follows. */
  signal: AbortSignal;
  /** Something came: the time begins anew. */
  heard(): void;
  end(): void;
}

/**
 * The time begins at once.
 *
 * @param follows its abort is this one, too. Not by `AbortSignal.any`: Node 20 may forget such a signal while somebody waits for it.
 */
export function watchStall(
  { stallMs }: Pick<RetryPolicy, 'stallMs'>,
  follows?: AbortSignal | undefined,
): StallWatch {
  const control = new AbortController();
  const follow = (): void => control.abort(follows!.reason);
  if (follows?.aborted) follow();
  follows?.addEventListener('abort', follow, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => control.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  };
  heard();
  return {
    signal: control.signal,
    heard,
    end() {
      clearTimeout(timer);
      follows?.removeEventListener('abort', follow);
    },
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
