// Remembers that an index of this browser holds the server's pictures and nothing else, as the server has them: so much that
// the server's features answer as it would.

const key = (store: string): string => `likeness-served-${store}`;

/** Whether an index is known to hold what this version of the server's index does. */
export function holdsServed(store: string, version: string): boolean {
  try {
    return localStorage.getItem(key(store)) === version;
  } catch {
    return false; // nothing is stored then, the index neither
  }
}

/** Whether an index was here once that holds something else than this version. */
export function heldOther(store: string, version: string): boolean {
  try {
    return ![null, version].includes(localStorage.getItem(key(store)));
  } catch {
    return true;
  }
}

/** Called when all is in the index, as it came from the server. */
export function noteServed(store: string, version: string): void {
  try {
    localStorage.setItem(key(store), version);
  } catch {} // the index is waited for, then
}

/** Stands for a version that no server has. */
const changed = 'changed';

/**
 * Called before an index is changed: a tab that is opened meanwhile waits for it.
 *
 * @returns whether it held a server's pictures and nothing else
 */
export function forgetServed(store: string): boolean {
  try {
    const before = localStorage.getItem(key(store));
    localStorage.setItem(key(store), changed);
    return before !== null && before !== changed;
  } catch {
    return false;
  }
}
