import { ImageSearch } from '../api/image-search.node.ts';
import type { OpenOptions } from '../api/options.ts';
import { say } from './print.ts';
import { type ProgressBar, progressBar } from './progress.ts';

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** As `ImageSearch.open`; shows how a model that is fetched comes, and says what went wrong with keeping it. */
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
    for (const warning of modelFiles.warnings) say(`likeness: ${warning}`);
    return search;
  } finally {
    bar?.stop();
  }
}
