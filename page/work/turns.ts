/** So long a loop runs before others have their turn: half of what a person would notice, with the other half for drawing. */
const turnMs = 8;

/** Lets everything else of the page have its turn: input, drawing, answers of workers. */
export function giveWay(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?(): Promise<void> } };
  if (scheduler?.yield) return scheduler.yield();
  // A message comes at once, where a timeout waits for four milliseconds, and for a second in a hidden tab.
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(undefined);
  });
}

/** For a loop over many things: `await turns.next()` in each round gives way when the turn is over. */
export class Turns {
  #since = performance.now();

  async next(): Promise<void> {
    if (performance.now() - this.#since < turnMs) return;
    await giveWay();
    this.#since = performance.now();
  }
}
