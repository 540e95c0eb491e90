import type { ImageSearch, ModelInfo } from 'likeness-search';
import { untilCalm } from '../state/calm.ts';
import { report, search } from '../state/library.ts';
import { network } from '../state/network.ts';
import { ask } from '../state/question.ts';
import { formatBytes } from '../texts/language.ts';
import { openTexts } from '../texts/open.ts';
import { workTexts } from '../texts/work.ts';
import { bytesToFetch, isCheap } from './first-model.ts';

/** Calls that need the network where they are given a picture, and not an id or features. */
const mayRead = new Set<PropertyKey>(['add', 'query', 'queryMany', 'distances']);
/** Calls that change the index. */
const changes = new Set<PropertyKey>(['add', 'remove', 'import', 'reorder']);

let changing = 0;
/** Whether this tab changes the index now. */
export const isChanging = (): boolean => changing > 0;

/** Calls that always do. */
const reads = new Set<PropertyKey>(['extract', 'explain', 'loadNetwork']);

/** Whether an argument holds a picture that is read, and not only ids and features. */
function holdsPicture(value: unknown): boolean {
  if (value instanceof Float32Array || typeof value !== 'object' || value === null)
    return typeof value === 'string';
  if (Array.isArray(value)) return value.some(holdsPicture);
  if ('vector' in value && value.vector !== undefined) return false;
  if ('image' in value || 'region' in value) return true;
  return !('id' in value);
}

/**
 * An opened search whose network comes when it is first needed. A large one is asked for before it is downloaded, whoever
 * needs it; what is refused is refused to that call only.
 *
 * @param beforeChange called before a change of the index begins
 */
export function withNetwork(opened: ImageSearch, info: ModelInfo, beforeChange: () => void): ImageSearch {
  let isAllowed = false;
  let loading: Promise<void> | undefined;

  const load = (isQuiet: boolean, signal?: AbortSignal): Promise<void> => {
    const { name } = info;
    const show = (fraction: number | undefined, text: string): void => {
      // Another model may be used by now.
      if (search.value === gated) network.value = { is: 'loading', name, fraction, text, isQuiet };
    };
    show(undefined, workTexts.value.opening(name));
    return opened
      .loadNetwork({
        ...(signal ? { signal } : {}),
        onProgress({ done, total, fetched = 0 }) {
          const what = fetched > 0 ? workTexts.value.downloading : workTexts.value.reading;
          show(total > 0 ? done / total : undefined, what(name, formatBytes(done), formatBytes(total)));
        },
      })
      .then(
        async () => {
          const now = await opened.report();
          if (search.value !== gated) return;
          network.value = { is: 'ready' };
          report.value = now;
        },
        (error) => {
          if (search.value === gated) network.value = { is: 'away' };
          throw error;
        },
      );
  };

  const need = async (isQuiet: boolean, signal?: AbortSignal): Promise<void> => {
    if (report.value?.extractor && search.value === gated) return;
    if (!isQuiet && !isAllowed && !isCheap(info)) {
      const { name } = info;
      const { needsDownload, downloadWhy, download, notNow } = openTexts.value;
      const size = formatBytes(bytesToFetch(info));
      isAllowed = await ask(
        { text: needsDownload(name, size), detail: downloadWhy, yes: download(size), no: notNow },
        signal,
      );
      signal?.throwIfAborted();
      if (!isAllowed) throw new Error(openTexts.value.refused(name));
    }
    // The library loads once for all who wait. What is loaded quietly is shown as soon as somebody waits for it.
    if (loading && !isQuiet && network.value.is === 'loading') network.value = { ...network.value, isQuiet };
    const mine = load(isQuiet, signal);
    loading = mine;
    await mine;
  };

  const gated: ImageSearch = new Proxy(opened, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (!mayRead.has(key) && !reads.has(key) && !changes.has(key)) return value.bind(target);
      return async (...given: unknown[]): Promise<unknown> => {
        const isChange = changes.has(key);
        if (isChange) beforeChange();
        const last = given.at(-1);
        const options = (typeof last === 'object' ? last : undefined) as
          | { signal?: AbortSignal; region?: unknown }
          | null
          | undefined;
        if (reads.has(key) || (mayRead.has(key) && holdsPicture(given[0])) || options?.region !== undefined)
          await need(key === 'loadNetwork', options?.signal);
        if (!isChange) return value.apply(target, given);
        changing++;
        try {
          return await value.apply(target, given);
        } finally {
          changing--;
        }
      };
    },
  });
  return gated;
}

/** Brings a small network here while the person looks around. */
export async function loadWhenIdle(opened: ImageSearch, info: ModelInfo): Promise<void> {
  if (!isCheap(info)) return;
  await new Promise<void>((done) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => done(), { timeout: 3000 });
    else setTimeout(done, 500);
  });
  await untilCalm();
  // Who needs it later is told what is wrong.
  if (search.value === opened) await opened.loadNetwork().catch(() => {});
}
