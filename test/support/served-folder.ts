import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { likeness, withFolder } from './cli.ts';
import { withServer } from './page.ts';

/** A server that runs until it is ended. */
export interface ServedFolder {
  url: string;
  end(): Promise<void>;
}

/**
 * Serves the page with an index of pictures, for all tests of a file.
 *
 * @param fill puts the pictures into a folder; left out: there is no index
 */
export function serveFolder(fill?: (pictures: string) => Promise<void>): Promise<ServedFolder> {
  return new Promise((ready, failed) => {
    let stop!: () => void;
    const stopped = new Promise<void>((done) => {
      stop = done;
    });
    const serve = (args: string[]): Promise<void> =>
      withServer(args, (url) => {
        ready({
          url,
          async end() {
            stop();
            await all;
          },
        });
        return stopped;
      });
    const all = fill
      ? withFolder(async (folder) => {
          const pictures = join(folder, 'pictures');
          const index = join(folder, 'index');
          await mkdir(pictures);
          await fill(pictures);
          const { code, stderr } = await likeness('index', pictures, '-o', index);
          assert.equal(code, 0, stderr);
          await serve(['-i', index]);
        })
      : serve([]);
    all.catch(failed);
  });
}
