import { useSignal } from '@preact/signals';
import { Confirm } from '../../parts/confirm.tsx';
import { FileButton } from '../../parts/file-button.tsx';
import { report } from '../../state/library.ts';
import { indexedCount } from '../../state/pictures.ts';
import { askToKeep, room } from '../../state/storage.ts';
import { explain, say } from '../../state/tasks.ts';
import { formatBytes } from '../../texts/language.ts';
import { settingsTexts } from '../../texts/settings.ts';
import { actions } from '../../work/actions.ts';
import { emptyIndex, removableIds, saveFeatures, saveIndex } from '../../work/import-index.ts';
import { served } from '../../work/served.ts';
import { storedIndexes } from '../../work/stored-indexes.ts';
import { OtherIndexes } from './other-indexes.tsx';
import { Warning } from './warning.tsx';

/**
 * What is searched: how much it is, and what can be done with it as a whole.
 *
 * @param isCurrent whether it is known what is stored now; numbers of before keep their room, unseen
 */
export function IndexSection({ isCurrent }: { isCurrent: boolean }) {
  const text = settingsTexts.value;
  const isAsking = useSignal(false);
  const count = indexedCount.value;
  const store = report.value?.store;
  const current = storedIndexes.value.find((one) => one.store === store?.name);
  const removable = removableIds().length;
  return (
    <section>
      <h3>{text.index}</h3>
      <p id="index-count">{count === 0 ? text.none : text.count(count)}</p>
      <div class={isCurrent ? 'quiet' : 'quiet outdated'} id="storage">
        {current && <p>{text.stored(formatBytes(current.byteLength))}</p>}
        {report.value && !store && <p>{text.notStored}</p>}
        {store?.warnings.map((warning) => (
          <Warning key={warning} warning={warning} />
        ))}
        <Room />
      </div>
      <div class="actions">
        {count > 0 && (
          <button type="button" id="export-index" onClick={() => saveIndex().catch(explain)}>
            {text.save}
          </button>
        )}
        <FileButton
          id="import-index"
          accept=".likeness,.npy,.json"
          multiple
          use={(files) => actions.importFiles(files)}
        >
          {text.open}
        </FileButton>
        {removable > 0 && !isAsking.value && (
          <button
            type="button"
            id="empty-index"
            class="danger"
            onClick={() => {
              isAsking.value = true;
            }}
          >
            {served.value ? text.removeOwn(removable) : text.empty}
          </button>
        )}
      </div>
      {removable > 0 && isAsking.value && (
        <Confirm
          question={text.sureEmpty(removable)}
          no={text.no}
          onNo={() => {
            isAsking.value = false;
          }}
        >
          <button
            type="button"
            id="empty-yes"
            class="danger"
            onClick={() => {
              isAsking.value = false;
              void emptyIndex();
            }}
          >
            {text.yesEmpty}
          </button>
          <button type="button" onClick={() => saveIndex().catch(explain)}>
            {text.saveFirst}
          </button>
        </Confirm>
      )}
      <OtherIndexes />
      {count > 0 && (
        <details>
          <summary>{text.python}</summary>
          <p class="quiet">{text.pythonWhy}</p>
          <button type="button" id="export-npy" onClick={() => saveFeatures().catch(explain)}>
            {text.savePython}
          </button>
        </details>
      )}
    </section>
  );
}

/** How much room there is, and whether the browser keeps what is stored. */
function Room() {
  const text = settingsTexts.value;
  const { value } = room;
  if (!value) return <p>&nbsp;</p>;
  const { used, free, isKept } = value;
  return (
    <>
      <p>
        {used === undefined || free === undefined
          ? text.noRoom
          : text.room(formatBytes(used), formatBytes(free))}
      </p>
      {isKept === true && <p>{text.kept}</p>}
      {isKept === false && indexedCount.value > 0 && (
        <>
          <p>{text.mayGo}</p>
          <button
            type="button"
            id="keep"
            class="link"
            onClick={async () => say((await askToKeep()) ? text.kept : text.notKept)}
          >
            {text.keep}
          </button>
        </>
      )}
    </>
  );
}
