import { go } from '../state/address.ts';
import { pictures } from '../state/pictures.ts';
import { isSheetOpen } from '../state/sheet.ts';
import { frameTexts } from '../texts/frame.ts';
import { actions } from '../work/actions.ts';
import { givenFiles } from '../work/given.ts';
import { FileButton } from './file-button.tsx';
import { ProgressBar } from './progress-bar.tsx';

/** Name, main actions and progress; it stays at the top. */
export function Header() {
  const text = frameTexts.value;
  const isEmpty = pictures.value.size === 0;
  return (
    <header>
      <h1>
        <a
          href="./"
          onClick={(event) => {
            event.preventDefault();
            go({ view: 'pictures', query: [] });
          }}
        >
          {text.title}
        </a>
      </h1>
      <div class="actions">
        {!isEmpty && (
          <>
            <FileButton
              id="query-file"
              class="primary"
              accept="image/*"
              use={([file]) => actions.query(file!)}
            >
              {text.ask}
            </FileButton>
            <FileButton
              id="add-files"
              accept="image/*"
              multiple
              use={(files) => actions.add(givenFiles(files))}
            >
              {text.add}
            </FileButton>
            <FileButton id="add-folder" folder use={(files) => actions.add(givenFiles(files))}>
              {text.addFolder}
            </FileButton>
          </>
        )}
        <button
          type="button"
          id="settings"
          onClick={() => {
            isSheetOpen.value = true;
          }}
        >
          {text.settings}
        </button>
      </div>
      <ProgressBar />
    </header>
  );
}
