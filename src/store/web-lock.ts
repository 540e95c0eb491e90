import { LikenessError } from '../errors.ts';
import type { StoreLock } from './files.ts';

/**
 * Takes the Web Lock of that name: one holder among all tabs and workers of the origin; it ends with them.
 *
 * @returns `undefined` while another holds it
 */
export function takeWebLock(name: string): Promise<StoreLock | undefined> {
  return new Promise((done, failed) => {
    const ended = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
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
