import { useSignal } from '@preact/signals';
import { Modal } from '../../parts/modal.tsx';
import { bytesOf, marked, wholeGroups } from '../../state/duplicates.ts';
import { alertPerson, say } from '../../state/tasks.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { formatBytes } from '../../texts/language.ts';
import { copyText } from '../../work/copy-text.ts';
import { saveFile } from '../../work/save-file.ts';
import { isServed, takeOut } from '../../work/take-out.ts';

/** Paths, one a line. A name may hold a line break: as a list's line it would name other files. */
function listOf(paths: readonly string[]): { lines: string; count: number } {
  const listed = paths.filter((path) => !/[\n\r]/.test(path));
  const left = paths.length - listed.length;
  if (left > 0) alertPerson(duplicatesTexts.value.lineBreaks(left));
  return { lines: listed.map((path) => `${path}\n`).join(''), count: listed.length };
}

/** What is done with the marked pictures. */
export function MarkedBar() {
  const isAsking = useSignal(false);
  const text = duplicatesTexts.value;
  const those = marked.value;
  const paths = those.map(({ id }) => id);
  const own = paths.filter((id) => !isServed(id));
  const bytes = bytesOf(those);
  return (
    <section class="marked-bar" aria-label={text.tools}>
      <div class="marked-count">
        <p id="marked-count">
          {those.length === 0
            ? text.nothingMarked
            : text.marked(those.length, bytes > 0 ? formatBytes(bytes) : '')}
        </p>
        {wholeGroups.value > 0 && <p class="nothing-left">{text.wholeGroups(wholeGroups.value)}</p>}
        {those.length > 0 && <p class="quiet">{text.listHint}</p>}
      </div>
      {those.length > 0 && (
        <div class="actions">
          <button
            type="button"
            id="copy-list"
            onClick={async () => {
              const { lines, count } = listOf(paths);
              if (await copyText(lines)) say(text.copied(count));
              else alertPerson(text.notCopied);
            }}
          >
            {text.copy}
          </button>
          <button
            type="button"
            id="save-list"
            onClick={() => {
              const { lines, count } = listOf(paths);
              saveFile('duplicates.txt', new Blob([lines], { type: 'text/plain' }));
              say(text.saved(count));
            }}
          >
            {text.save}
          </button>
          {own.length > 0 && (
            <button
              type="button"
              id="take-out"
              onClick={() => {
                isAsking.value = true;
              }}
            >
              {text.takeOut}
            </button>
          )}
        </div>
      )}
      {isAsking.value && (
        <Confirm
          count={own.length}
          close={() => {
            isAsking.value = false;
          }}
          agree={() => void takeOut(own)}
        />
      )}
    </section>
  );
}

function Confirm({ count, close, agree }: { count: number; close(): void; agree(): void }) {
  const text = duplicatesTexts.value;
  return (
    <Modal id="confirm-take-out" label={text.confirm(count)} close={close}>
      <h2>{text.confirm(count)}</h2>
      <p>{text.confirmDetail}</p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          id="confirm-yes"
          onClick={() => {
            close();
            agree();
          }}
        >
          {text.confirmYes}
        </button>
        <button type="button" id="confirm-no" onClick={close}>
          {text.confirmNo}
        </button>
      </div>
    </Modal>
  );
}
