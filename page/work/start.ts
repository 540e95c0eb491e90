import { untilCalm } from '../state/calm.ts';
import { firstAnswers } from '../state/first-answers.ts';
import { isAwaited, isLooking, openingError, search } from '../state/library.ts';
import { isWaiting } from '../state/results.ts';
import { alertPerson, explain } from '../state/tasks.ts';
import { errorText } from '../texts/errors.ts';
import { openTexts } from '../texts/open.ts';
import { answerFirst, endFirstAnswers, mayAnswerFirst } from './answer-first.ts';
import { beginCollections } from './collections/open.ts';
import { firstModel } from './first-model.ts';
import { findModels, offeredModels } from './models.ts';
import { findServedIndex, served } from './served.ts';
import { hasStoredPictures } from './stored-indexes.ts';
import { useModel } from './use-model.ts';

/** What begins before anything is drawn. */
interface Beginning {
  /** Whether this browser has pictures of the person's own. */
  looked: Promise<boolean>;
  /** Queries are answered, or have to wait. */
  answering: Promise<void>;
}

let begun: Beginning | undefined;

/** Begins a visit: asks for the server's pictures, and shows them. */
export function begin(): Beginning {
  if (begun) return begun;
  const looked = hasStoredPictures();
  offeredModels().catch(() => {}); // told below, as are the others
  const may = findServedIndex().then(() => mayAnswerFirst(looked));
  // Whoever asks waits for the index, where this fails.
  const answering = may.then((yes) => (yes ? answerFirst() : undefined)).catch(() => {});
  begun = { looked, answering };
  return begun;
}

/** Goes on with it: opens the model and the index that belong to what is shown. */
export async function start(): Promise<void> {
  const { looked, answering } = begin();
  try {
    await findServedIndex();
    const drawn = served.value ? untilDrawn(answering) : undefined;
    const models = Promise.resolve(drawn).then(() => findModels());
    models.catch(() => {}); // told below
    if (!(await looked) && !served.value) isLooking.value = false;
    beginCollections().catch(explain);
    await drawn;
    const first = await firstModel(served.value?.fingerprint, await models);
    await useModel(first.model, first.name, 'fingerprint' in first ? first : undefined);
  } catch (error) {
    const { text, detail = '' } = errorText(error);
    alertPerson(
      openTexts.value.failed,
      [text, detail].filter((line) => line !== ''),
    );
  } finally {
    endFirstAnswers();
    isLooking.value = false;
    // Who waits for it is told.
    if (!search.value) openingError.value = openTexts.value.failed;
  }
}

/** So long what is seen first may take before the index is opened beside it. */
const patienceMs = 1000;
/** So long at most the index waits while a person asks for one picture after the other, and is answered. */
const busyMs = 4000;

/**
 * Waits until the page has drawn its pictures and can answer: opening the index takes the processor, the network and the
 * disk, and nobody waits for it.
 */
async function untilDrawn(answering: Promise<void>): Promise<void> {
  // In a tab behind others nothing is drawn.
  const late = new Promise((done) => setTimeout(done, patienceMs));
  const drawn = new Promise<void>((done) => {
    requestAnimationFrame(() => {
      if ('requestIdleCallback' in globalThis) requestIdleCallback(() => done());
      else setTimeout(done, 100);
    });
  });
  await Promise.race([late, Promise.all([answering, drawn])]);
  if (firstAnswers.value) await untilCalm(busyMs, () => isAwaited() || isWaiting.peek());
}
