import { batch } from '@preact/signals';
import { ImageSearch, type ModelInfo, modelInfo, type OpenOptions } from 'likeness-search';
import { firstAnswers } from '../state/first-answers.ts';
import { report, search } from '../state/library.ts';
import { network } from '../state/network.ts';
import { pictures, updatePictures } from '../state/pictures.ts';
import { alertPerson, explain, runTask, type ShowProgress } from '../state/tasks.ts';
import { formatBytes } from '../texts/language.ts';
import { modelCalled, openTexts } from '../texts/open.ts';
import { warningText } from '../texts/warnings.ts';
import { workTexts } from '../texts/work.ts';
import { indexMissing, showIndex } from './indexing.ts';
import { loadWhenIdle, withNetwork } from './network.ts';
import { earlierIndex, indexName, servedIsOfOther } from './other-model.ts';
import { placeOfIndexes } from './place.ts';
import { served } from './served.ts';
import { dropFeatures, forgetFeatures, servedFeatures } from './served-features.ts';
import { forgetServed, noteServed } from './served-mark.ts';

function optionsFromAddress(): OpenOptions {
  const parameters = new URLSearchParams(location.search);
  const threads = parameters.get('threads');
  return {
    backend: (parameters.get('device') as OpenOptions['backend']) ?? undefined,
    threads: threads === null ? undefined : Number(threads),
  };
}

/**
 * Opens a model and its index, and works with them from then on. The model's network comes when it is needed.
 *
 * @param known what was found out of the model just now
 */
export async function useModel(
  model: NonNullable<OpenOptions['model']>,
  name: string,
  known?: ModelInfo,
): Promise<boolean> {
  const opened = await runTask(workTexts.value.opening(name), async (signal, show) => {
    // The server may have a newer model.
    const refresh = typeof model === 'string' && model.startsWith(new URL('models/', document.baseURI).href);
    const [info, place] = await Promise.all([
      known ?? modelInfo(model, { signal, refresh }),
      placeOfIndexes(),
    ]);
    const { fingerprint } = info;
    const name = indexName(place, fingerprint);
    const next = withNetwork(
      await ImageSearch.open({
        ...optionsFromAddress(),
        model,
        network: 'lazy',
        store: `opfs:${name}`,
        refresh,
        signal,
      }),
      info,
      () => {
        if (forgetServed(name)) dropFeatures().catch(() => {}); // there is no cache by plain http
      },
    );
    const before = search.value;
    // The answers of another model are others.
    if (before) firstAnswers.value = undefined;
    const now = await next.report();
    batch(() => {
      network.value = { is: 'away' };
      report.value = now;
      search.value = next;
    });
    await before?.close();
    await showIndex();
    const { size, store } = now;
    for (const warning of store?.warnings ?? []) {
      const { text, detail } = warningText(warning);
      alertPerson(text, [], undefined, detail);
    }
    if (store?.dropped) alertPerson(openTexts.value.repaired, [], undefined, store.dropped.reason);
    const earlier = size > 0 ? undefined : await earlierIndex(place);
    if (earlier) {
      alertPerson(
        openTexts.value.earlier(
          modelCalled(earlier.made),
          modelCalled(fingerprint),
          formatBytes(earlier.byteLength),
        ),
      );
    }
    // In this task: what a person adds meanwhile comes after it.
    await useServedIndex(name, signal, show)
      .catch((error) => {
        if (!signal.aborted) explain(error);
      })
      .finally(forgetFeatures);
    return { next, info };
  });
  if (!opened) return false;
  void loadWhenIdle(opened.next, opened.info);
  return true;
}

/**
 * Takes over the features that the server has, for the pictures that are not in the index yet.
 *
 * @param name of the index
 */
async function useServedIndex(name: string, signal: AbortSignal, show: ShowProgress): Promise<void> {
  const index = served.value;
  if (!index) return;
  const isMissing = (id: string): boolean => !pictures.value.get(id)?.indexed;
  const wanted = index.ids.filter(isMissing).length;
  if (wanted === 0) return;
  if (servedIsOfOther()) {
    const { otherModel, indexHere } = openTexts.value;
    alertPerson(
      otherModel(modelCalled(index.fingerprint), modelCalled(report.value!.model.fingerprint)),
      [],
      {
        text: indexHere(wanted),
        run: () => void indexMissing(true).catch(explain),
      },
    );
    return;
  }
  show(undefined, workTexts.value.taking);
  const into = search.value!;
  const isNew = into.size === 0;
  const { columns, values } = await untilAborted(servedFeatures(), signal);
  const rows = index.ids.flatMap((id, row) => (isMissing(id) ? [row] : []));
  for (let at = 0; at < rows.length; at += atOnce) {
    const items = rows.slice(at, at + atOnce).map((row) => ({
      id: index.ids[row]!,
      vector: values.subarray(row * columns, (row + 1) * columns), // the library copies it
    }));
    await into.add(items, { signal });
    updatePictures(items.map(({ id }) => ({ id, indexed: true })));
  }
  if (isNew && rows.length === index.ids.length && into.size === rows.length) noteServed(name, index.version);
}

/** The same promise, which rejects as soon as the task is cancelled. */
const untilAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((done, failed) => {
    const abort = (): void => failed(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(done, failed).finally(() => signal.removeEventListener('abort', abort));
  });

/** Features that go to the index in one call: each is copied on the page's main thread, which nothing should hold up. */
const atOnce = 500;
