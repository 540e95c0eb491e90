import { useSignal } from '@preact/signals';
import { Confirm } from '../../parts/confirm.tsx';
import { report } from '../../state/library.ts';
import { explain } from '../../state/tasks.ts';
import { formatBytes } from '../../texts/language.ts';
import { openTexts } from '../../texts/open.ts';
import { settingsTexts } from '../../texts/settings.ts';
import { forgetIndex, storedIndexes } from '../../work/stored-indexes.ts';
import { titleOfStore } from './title-of-store.ts';

/** Indexes of this browser that are not shown now: of other models, of other servers' pictures. */
export function OtherIndexes() {
  const text = settingsTexts.value;
  const asked = useSignal<string | undefined>(undefined);
  const others = storedIndexes.value.filter(({ store }) => store !== report.value?.store?.name);
  if (others.length === 0) return null;
  return (
    <>
      <h4>{text.others}</h4>
      <ul id="indexes" class="lines">
        {others.map(({ store, byteLength }) => {
          const about = titleOfStore(store);
          const name = about
            ? text.otherOf(
                about.title ?? text.ownPictures,
                openTexts.value.modelNamed(about.model, about.version),
              )
            : store;
          return (
            <li key={store}>
              <p>
                {name} <span class="quiet">{formatBytes(byteLength)}</span>
              </p>
              {asked.value === store ? (
                <Confirm
                  question={text.sureDelete(name)}
                  no={text.no}
                  onNo={() => {
                    asked.value = undefined;
                  }}
                >
                  <button
                    type="button"
                    class="danger"
                    onClick={() => {
                      asked.value = undefined;
                      forgetIndex(store).catch(explain);
                    }}
                  >
                    {text.yesDelete}
                  </button>
                </Confirm>
              ) : (
                <button
                  type="button"
                  class="link"
                  onClick={() => {
                    asked.value = store;
                  }}
                >
                  {text.deleteOther(name)}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
