import { LikenessError } from '../base/errors.ts';
import type { StoreLock } from '../base/lock.ts';
import { answered, probeName, webLocks, webLocksName } from './storage.ts';

/**
 * Takes the Web Lock of that name: one holder among all tabs and workers of the origin; it ends with them.
 *
 * @returns `undefined` while another holds it
 */
export function takeWebLock(name: string): Promise<StoreLock | undefined> {
  let late = false;
  const asked = answered(webLocksName, () => request(name, () => late));
  asked.catch(() => {
    late = true;
  });
  return asked;
}

/** @param isLate whether nobody waits for it any more */
function request(name: string, isLate: () => boolean): Promise<StoreLock | undefined> {
  return new Promise((done, failed) => {
    const ended = webLocks().request(name, { ifAvailable: true }, (lock) => {
      if (!lock || isLate()) {
        done(undefined);
        return;
      }
      return new Promise<void>((release) => {
        let held = true;
        done({
          async check() {
            if (!held)
              throw new LikenessError('locked', `The lock ${name} was released; open the index again.`);
          },
          async release() {
            held = false;
            release();
            await ended;
          },
        });
      });
    });
    ended.catch(failed);
  });
}

/** Takes a lock that nobody else does. @throws where there are no locks to be had */
export async function proveWebLocks(): Promise<void> {
  await (await takeWebLock(probeName()))?.release();
}
