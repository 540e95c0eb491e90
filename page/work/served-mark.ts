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

/** Called when all is in the index, as it came from the server. */
export function noteServed(store: string, version: string): void {
  try {
    localStorage.setItem(key(store), version);
  } catch {} // the index is waited for, then
}

/** Called before an index is changed: a tab that is opened meanwhile waits for it. */
export function forgetServed(store: string): void {
  try {
    localStorage.removeItem(key(store));
  } catch {}
}
