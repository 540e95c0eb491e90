import { ImageSearch } from '../api/image-search.node.ts';
import type { OpenOptions } from '../api/options.ts';
import { say } from './print.ts';
import { type ProgressBar, progressBar } from './progress.ts';

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** `ImageSearch.open` with a progress bar while a model is fetched, and with its warnings. */
export async function openSearch(options: OpenOptions): Promise<ImageSearch> {
  let bar: ProgressBar | undefined;
  try {
    const search = await ImageSearch.open({
      ...options,
      onProgress({ done, total, fetched = 0 }) {
        if (fetched === 0) return;
        bar ??= progressBar('Fetching the model', megabytes(total), 'MB');
        bar.update(megabytes(done), megabytes(fetched));
      },
    });
    const { modelFiles } = await search.report();
    for (const warning of modelFiles?.warnings ?? []) say(`likeness: ${warning}`);
    return search;
  } finally {
    bar?.stop();
  }
}
