const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** What a command rejects with that a signal ended. The process then ends by that signal, as shells expect. */
export class Interrupted extends Error {
  readonly signal: Signal;

  /** @param message what was done, and how to continue */
  constructor(signal: Signal, message: string) {
    super(message);
    this.signal = signal;
  }
}

/**
 * Runs work that ends early, and in order, with the first SIGINT (Ctrl+C), SIGTERM or SIGHUP. A second one ends the
 * process at once.
 *
 * @param work rejects with the signal's reason, or resolves, when `stop` is aborted
 */
export async function interruptible<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const listen = (signal: Signal): void => {
    if (stop.signal.aborted) endBy(signal);
    else stop.abort(new Interrupted(signal, 'Interrupted.'));
  };
  for (const signal of signals) process.on(signal, listen);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, listen);
  }
}

/** Ends this process as the signal does where nobody listens for it. */
export function endBy(signal: Signal): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
