import { isSearching } from './results.ts';

/** A person is busy until so long after the last thing that they did, or that was answered. */
const restMs = 350;
/** Between two looks. */
const stepMs = 50;

let last = Number.NEGATIVE_INFINITY;
const note = (): void => {
  last = performance.now();
};
for (const kind of ['pointerdown', 'click', 'keydown', 'wheel', 'touchmove', 'scroll'])
  addEventListener(kind, note, { capture: true, passive: true });

const isBusy = (): boolean => {
  if (isSearching.peek()) note();
  return performance.now() - last < restMs;
};

/**
 * For what begins unasked: waits until the person has nothing under way. A click is answered sooner when the processor, the
 * network and the disk are free.
 *
 * @param patienceMs so long it waits at most, while the person asks for one picture after the other
 * @param isWanted whether somebody waits for it: it begins then
 */
export async function untilCalm(patienceMs = 8000, isWanted: () => boolean = () => false): Promise<void> {
  const end = performance.now() + patienceMs;
  while (isBusy() && performance.now() < end && !isWanted())
    await new Promise((done) => setTimeout(done, stepMs));
}
