import { ImageSearch, modelInfo, type OpenOptions } from 'likeness-search';
import { sha256 } from '../src/base/sha256.ts';
import { say, withProgress } from './actions.ts';
import { findPicture } from './find.ts';
import { showIndex } from './indexing.ts';
import { megabytes } from './models.ts';
import { earlierIndex, otherModelOfServed, storedName } from './other-model.ts';
import { state } from './state.ts';
import { alertPerson, showReport } from './views.ts';

function optionsFromAddress(): OpenOptions {
  const parameters = new URLSearchParams(location.search);
  const threads = parameters.get('threads');
  return {
    backend: (parameters.get('device') as OpenOptions['backend']) ?? undefined,
    threads: threads === null ? undefined : Number(threads),
  };
}

/** The store of this page's index; a page that shows a server's pictures has a store for these. */
async function placeOfIndexes(): Promise<string> {
  const { served } = state;
  const about = served ? `${served.title}\n${served.pictures.map(({ id }) => id).join('\n')}` : '';
  const mark = (await sha256(new TextEncoder().encode(about))).slice(0, 8);
  const place = served ? `${served.title.replace(/[^\w]+/g, '_')}-${mark}` : 'own';
  return `page-${place}`;
}

const sentences = (...texts: (string | undefined)[]): string => texts.filter((text) => text).join(' ');

/**
 * Opens a model and its index, and works with them from then on.
 *
 * @param options.hint what to say when it is open
 * @param options.welcome what to say of an index that is empty
 */
export function useModel(
  model: NonNullable<OpenOptions['model']>,
  name: string,
  { hint, welcome = '' }: { hint?: string | undefined; welcome?: string } = {},
): Promise<void> {
  return withProgress(`Opening ${name}…`, async (signal, show) => {
    // The server may have a newer model.
    const refresh = typeof model === 'string' && model.startsWith(new URL('models/', document.baseURI).href);
    const { fingerprint } = await modelInfo(model, { signal, refresh });
    const place = await placeOfIndexes();
    const opened = await ImageSearch.open({
      ...optionsFromAddress(),
      model,
      store: `opfs:${place}-${storedName(fingerprint)}`,
      refresh,
      signal,
      onProgress: ({ done, total, fetched = 0 }) => {
        const what = fetched > 0 ? `Downloading ${name}` : `Reading ${name} from this device`;
        show(done, total, `${what}: ${megabytes(done)} of ${megabytes(total)}`);
      },
    });
    const before = state.search;
    state.search = opened;
    state.report = await opened.report();
    await before?.close();
    await showIndex(findPicture);
    showReport(state.report);
    const { size, store } = state.report;
    if (store && store.warnings.length > 0) alertPerson(store.warnings.join(' '));
    if (store?.dropped) say(`The index was repaired: ${JSON.stringify(store.dropped)}`);
    const earlier = size > 0 ? undefined : await earlierIndex(place);
    if (before) {
      return sentences(`The page works with ${name}; ${size} pictures are in its index.`, earlier);
    }
    if (hint !== undefined) return sentences(hint, earlier);
    return size > 0
      ? `${size} pictures are in the index of this browser. Click one to find those like it.`
      : sentences(earlier ?? welcome, otherModelOfServed());
  });
}
