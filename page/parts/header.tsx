import { type Address, address, filterOf, go, hrefOf, type View } from '../state/address.ts';
import { pictures } from '../state/pictures.ts';
import { isSheetOpen } from '../state/sheet.ts';
import { frameTexts } from '../texts/frame.ts';
import { actions } from '../work/actions.ts';
import { givenFiles } from '../work/given.ts';
import { FileButton } from './file-button.tsx';
import { AddIcon, DuplicatesIcon, MapIcon, Mark, PicturesIcon, SearchIcon, SettingsIcon } from './icons.tsx';
import { Menu } from './menu.tsx';
import { NetworkBar } from './network-bar.tsx';

/** Name, views and main actions; it stays at the top. */
export function Header() {
  const text = frameTexts.value;
  const isEmpty = pictures.value.size === 0;
  return (
    <header>
      <h1>
        <ViewLink to="pictures" class="home">
          <Mark />
          {text.title}
        </ViewLink>
      </h1>
      {!isEmpty && (
        <nav aria-label={text.views}>
          <ViewLink to="pictures" isTab>
            <PicturesIcon />
            {text.pictures}
          </ViewLink>
          <ViewLink to="duplicates" isTab>
            <DuplicatesIcon />
            {text.duplicates}
          </ViewLink>
          <ViewLink to="map" isTab>
            <MapIcon />
            {text.map}
          </ViewLink>
        </nav>
      )}
      <div class="actions">
        {!isEmpty && (
          <>
            <FileButton
              id="query-file"
              class="primary"
              accept="image/*"
              use={([file]) => actions.query(file!)}
            >
              <SearchIcon />
              <span class="label">{text.ask}</span>
            </FileButton>
            <Menu
              id="add-menu"
              label={
                <>
                  <AddIcon />
                  <span class="label">{text.add}</span>
                </>
              }
            >
              <FileButton
                id="add-files"
                accept="image/*"
                multiple
                use={(files) => actions.add(givenFiles(files))}
              >
                {text.choosePictures}
              </FileButton>
              <FileButton id="add-folder" folder use={(files) => actions.add(givenFiles(files))}>
                {text.chooseFolder}
              </FileButton>
            </Menu>
          </>
        )}
        <button
          type="button"
          id="settings"
          aria-haspopup="dialog"
          onClick={() => {
            isSheetOpen.value = true;
          }}
        >
          <SettingsIcon />
          <span class="label">{text.settings}</span>
        </button>
      </div>
      <NetworkBar />
    </header>
  );
}

function ViewLink({
  to: view,
  isTab = false,
  class: kind = '',
  children,
}: {
  to: View;
  isTab?: boolean;
  class?: string;
  children: preact.ComponentChildren;
}) {
  const { query, view: shown } = address.value;
  const to: Address = { view, query: [], ...filterOf(address.value) };
  const isHere = isTab && shown === view;
  return (
    <a
      href={hrefOf(to)}
      class={kind}
      {...(isHere ? { 'aria-current': query.length === 0 ? 'page' : 'true' } : {})}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
