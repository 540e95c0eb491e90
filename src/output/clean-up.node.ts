/** What is undone when the process ends before its work is done. */
const pending = new Set<() => void>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Has `undo` done, at once, when a signal or `process.exit` ends the process before `finished` is called.
 *
 * @param undo must not be asynchronous: nothing waits any more
 */
export function untilFinished(undo: () => void): { finished(): void } {
  if (pending.size === 0) {
    for (const signal of signals) process.on(signal, onSignal);
    process.on('exit', undoAll);
  }
  pending.add(undo);
  return {
    finished() {
      if (pending.delete(undo) && pending.size === 0) unlisten();
    },
  };
}

function undoAll(): void {
  for (const undo of pending) {
    try {
      undo();
    } catch {
      // The process ends; the others are undone all the same.
    }
  }
  pending.clear();
}

function onSignal(signal: NodeJS.Signals): void {
  undoAll();
  unlisten();
  // The signal does what it did before, unless the program listens to it.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function unlisten(): void {
  for (const signal of signals) process.off(signal, onSignal);
  process.off('exit', undoAll);
}
