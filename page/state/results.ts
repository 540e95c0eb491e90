import { effect, signal, untracked } from '@preact/signals';
import type { Hit, QueryPart } from 'likeness-search';
import { queryTexts } from '../texts/query.ts';
import { type AskedPart, address } from './address.ts';
import { askedFile } from './asked-files.ts';
import { search } from './library.ts';
import { indexedCount, pictures } from './pictures.ts';

/** What a query found. */
export interface Results {
  readonly query: readonly AskedPart[];
  readonly hits: readonly Hit[];
}

/** The results of the address's query; those of before stay until the next ones are there. */
export const results = signal<Results | undefined>(undefined);
export const resultsError = signal<string | undefined>(undefined);
export const isSearching = signal(false);

const firstCount = 60;

/** A part as the library takes it. */
function partOf(part: AskedPart): QueryPart {
  const rest = { weight: part.weight, ...(part.region ? { region: part.region } : {}) };
  if ('file' in part) {
    const asked = askedFile(part.file);
    if (!asked) throw new Error(queryTexts.value.fileIsGone);
    return { image: asked.file, ...rest };
  }
  const picture = pictures.value.get(part.id);
  // A region of a picture is read from the picture; all of it is in the index.
  if (part.region && picture) return { image: picture.file ?? picture.url, ...rest };
  return { id: part.id, ...rest };
}

let turn = 0;

async function run(query: readonly AskedPart[]): Promise<void> {
  const mine = ++turn;
  isSearching.value = true;
  resultsError.value = undefined;
  try {
    const hits = await search.value!.query(query.map(partOf), { k: firstCount });
    if (mine === turn) results.value = { query, hits };
  } catch (error) {
    if (mine !== turn) return;
    results.value = undefined;
    resultsError.value = error instanceof Error ? error.message : String(error);
  } finally {
    if (mine === turn) isSearching.value = false;
  }
}

/** Searches whenever the address's query changes, or the index does. */
export function followQuery(): void {
  let last = '';
  effect(() => {
    const { query } = address.value;
    const ready = search.value !== undefined && indexedCount.value > 0;
    const key = JSON.stringify([query, ready]);
    if (key === last) return;
    last = key;
    untracked(() => {
      if (query.length > 0 && ready) void run(query);
      else {
        turn++;
        results.value = undefined;
      }
    });
  });
}
