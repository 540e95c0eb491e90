import { type CollectionSummary, collectionSummaries } from '../state/collections.ts';
import { isLooking } from '../state/library.ts';
import { running, waiting } from '../state/tasks.ts';
import { toGoCount } from '../state/to-read.ts';
import { collectionTexts } from '../texts/collections.ts';
import { actions } from '../work/actions.ts';
import { keepVanished, removeVanished, reopen } from '../work/collections/open.ts';
import { givenFiles } from '../work/given.ts';
import { FileButton } from './file-button.tsx';

/** So many folders are offered here; the settings have all. */
const most = 3;

/** What there is to do with the folders that were given: above the pictures, in one quiet line each. */
export function CollectionNotes() {
  const text = collectionTexts.value;
  const all = collectionSummaries.value;
  const closed = all.filter(({ isOpen, count }) => !isOpen && count > 0).slice(0, most);
  // What a served index holds is not to be read: it comes while the page opens.
  const isBusy = isLooking.value || running.value !== undefined || waiting.value.length > 0;
  const toGo = isBusy ? 0 : toGoCount.value;
  return (
    <>
      {closed.length + toGo > 0 && (
        <div class="notes" id="collections">
          {closed.map((one) => (
            <ReopenButton key={one.key} collection={one} />
          ))}
          {toGo > 0 && (
            <>
              <span class="note">{text.toGo(toGo)}</span>
              <button type="button" id="go-on" onClick={() => actions.goOn()}>
                {text.goOn}
              </button>
            </>
          )}
        </div>
      )}
      {all.map(
        ({ key, name, vanished }) =>
          vanished.length > 0 && (
            <div class="notes" key={key}>
              <span class="note">{text.vanished(name, vanished.length)}</span>
              <button type="button" class="remove-vanished" onClick={() => void removeVanished(key)}>
                {text.removeThem}
              </button>
              <button type="button" onClick={() => void keepVanished(key)}>
                {text.keepThem}
              </button>
            </div>
          ),
      )}
    </>
  );
}

/** Opens a folder again: by its kept handle, or by having the person choose it. */
export function ReopenButton({ collection }: { collection: CollectionSummary }) {
  const { key, name, toGo, isKept } = collection;
  const text = collectionTexts.value;
  const label = toGo > 0 ? text.reopenToGo(name, toGo) : text.reopen(name);
  if (isKept) {
    return (
      <button type="button" class="reopen" onClick={() => void reopen(key)}>
        {label}
      </button>
    );
  }
  return (
    <FileButton
      id={`reopen-${key}`}
      class="reopen"
      folder
      use={(files) => actions.add(givenFiles(files), key)}
    >
      {label}
    </FileButton>
  );
}
