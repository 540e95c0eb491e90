import { firstNotFinite } from '../../src/knn/search/vectors.ts';
import { firstAnswers } from '../state/first-answers.ts';
import { offeredModels } from './models.ts';
import { indexName } from './other-model.ts';
import { placeOfIndexes } from './place.ts';
import { served } from './served.ts';
import { forgetFeatures, keepFeatures, servedFeatures } from './served-features.ts';
import { heldOther, holdsServed } from './served-mark.ts';
import { ServedSearch } from './served-search.ts';
import { storedIndexes } from './stored-indexes.ts';
import { Turns } from './turns.ts';

/** Features of more bytes are not fetched before it is known whether this browser has them. */
const maxBytes = 32 << 20;
/** Values that are looked at before others have their turn. */
const valuesAtOnce = 1 << 18;

/**
 * Whether queries by the server's pictures can be answered from its features while the model and the index that stays are
 * still to be opened. Not where that index may answer otherwise: it is of another model, or has other pictures, too.
 *
 * @param looked resolves when it is known which indexes are in this browser
 */
export async function mayAnswerFirst(looked: Promise<unknown>): Promise<boolean> {
  const index = served.value;
  if (!index || new URLSearchParams(location.search).has('model')) return false;
  const { ids, dimension, fingerprint, version } = index;
  const byteLength = 4 * dimension * ids.length;
  if (byteLength === 0 || byteLength > maxBytes) return false;
  const [offered, place] = await Promise.all([offeredModels(), placeOfIndexes()]);
  if (!offered.some((model) => model.fingerprint === fingerprint)) return false;
  const name = indexName(place, fingerprint);
  if (version !== '' && holdsServed(name, version)) return true;
  // Most who have no mark are here for the first time: the features come while the disk is asked.
  if (!heldOther(name, version)) servedFeatures().catch(() => {}); // told to whoever waits for them
  await looked;
  return !storedIndexes.value.some(({ store }) => store.replace(/^\w+:/, '') === name);
}

/** Has queries answered from the server's features, which are on their way from now on. Resolves when they are here. */
export async function answerFirst(): Promise<void> {
  if (isOver) return;
  const { ids, dimension } = served.value!;
  const values = finiteFeatures(dimension);
  const first = new ServedSearch(ids, dimension, values);
  firstAnswers.value = first;
  try {
    await values;
  } catch {
    if (firstAnswers.value === first) firstAnswers.value = undefined;
    return;
  }
  void keepFeatures();
}

/** @throws Error where they are none that would get into an index */
async function finiteFeatures(dimension: number): Promise<Float32Array> {
  const { values, columns } = await servedFeatures();
  const turns = new Turns();
  let isRight = columns === dimension;
  for (let at = 0; at < values.length && isRight; at += valuesAtOnce) {
    await turns.next();
    isRight = firstNotFinite(values.subarray(at, at + valuesAtOnce)) < 0;
  }
  if (!isRight) throw new Error('The features of the ready-made index are not those of its model.');
  return values;
}

let isOver = false;

/** The index that stays is open and whole, or will not be. */
export function endFirstAnswers(): void {
  isOver = true;
  firstAnswers.value = undefined;
  forgetFeatures();
}
