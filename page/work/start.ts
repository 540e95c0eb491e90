import { isLooking, openingError, search } from '../state/library.ts';
import { alertPerson, explain } from '../state/tasks.ts';
import { errorText } from '../texts/errors.ts';
import { openTexts } from '../texts/open.ts';
import { beginCollections } from './collections/open.ts';
import { firstModel } from './first-model.ts';
import { findModels } from './models.ts';
import { indexName } from './other-model.ts';
import { placeOfIndexes } from './place.ts';
import { fetchFeaturesAhead, findServedIndex, served } from './served.ts';
import { hasStoredPictures, storedIndexes } from './stored-indexes.ts';
import { useModel } from './use-model.ts';

/** Begins a visit: shows what is there, and opens the model that belongs to it. */
export async function start(): Promise<void> {
  const models = findModels();
  models.catch(() => {}); // told below
  try {
    const [isOwn] = await Promise.all([hasStoredPictures(), findServedIndex()]);
    if (!served.value && !isOwn) isLooking.value = false;
    beginCollections().catch(explain);
    const first = await firstModel(served.value?.fingerprint, await models);
    // Whoever was here before has them.
    if (served.value && 'fingerprint' in first && first.fingerprint === served.value.fingerprint) {
      const name = indexName(await placeOfIndexes(), first.fingerprint);
      if (!storedIndexes.value.some(({ store }) => store.replace(/^\w+:/, '') === name)) fetchFeaturesAhead();
    }
    await useModel(first.model, first.name, 'fingerprint' in first ? first : undefined);
  } catch (error) {
    const { text, detail = '' } = errorText(error);
    alertPerson(
      openTexts.value.failed,
      [text, detail].filter((line) => line !== ''),
    );
  } finally {
    isLooking.value = false;
    // Who waits for it is told.
    if (!search.value) openingError.value = openTexts.value.failed;
  }
}
