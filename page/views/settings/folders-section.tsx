import { ReopenButton } from '../../parts/collection-notes.tsx';
import { collectionSummaries } from '../../state/collections.ts';
import { explain, say } from '../../state/tasks.ts';
import { unreadPictures } from '../../state/unread.ts';
import { collectionTexts } from '../../texts/collections.ts';
import { workTexts } from '../../texts/work.ts';
import { forgetCollection } from '../../work/collections/known.ts';
import { readAgain } from '../../work/indexing.ts';

/** The folders that the person gave. */
export function FoldersSection() {
  const text = collectionTexts.value;
  const all = collectionSummaries.value;
  const unread = [...unreadPictures.value.values()].filter(({ file }) => file !== undefined);
  if (all.length === 0 && unread.length === 0) return null;
  return (
    <section>
      <h3>{text.folders}</h3>
      {all.length > 0 && (
        <ul id="folders" class="lines">
          {all.map((one) => (
            <li key={one.key}>
              <p>
                <b>{one.name}</b> <span class="quiet">{text.count(one.count, one.toGo)}</span>
              </p>
              <div class="actions">
                {!one.isOpen && <ReopenButton collection={one} />}
                <button
                  type="button"
                  class="link"
                  onClick={() => {
                    forgetCollection(one.key).then(() => say(text.forgetNote), explain);
                  }}
                >
                  {text.forget(one.name)}
                </button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {unread.length > 0 && (
        <div class="actions">
          <p>{text.unread(unread.length)}</p>
          <button type="button" id="try-again" onClick={() => void readAgain(unread.map(({ id }) => id))}>
            {workTexts.value.tryAgain}
          </button>
        </div>
      )}
    </section>
  );
}
