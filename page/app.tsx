import { CollectionNotes } from './parts/collection-notes.tsx';
import { Header } from './parts/header.tsx';
import { QuestionDialog } from './parts/question-dialog.tsx';
import { Tray } from './parts/tray.tsx';
import { address } from './state/address.ts';
import { compared, openGroup } from './state/duplicates.ts';
import { isLooking } from './state/library.ts';
import { modals } from './state/modals.ts';
import { pictures } from './state/pictures.ts';
import { isSheetOpen } from './state/sheet.ts';
import { running } from './state/tasks.ts';
import { frameTexts } from './texts/frame.ts';
import { areRoomsThere, Room } from './views/later.tsx';
import { PicturesView } from './views/pictures.tsx';
import { ResultsView } from './views/results/results.tsx';
import { StartView } from './views/start.tsx';
import { useViewFocus } from './views/use-view-focus.ts';
import { isDragging } from './work/input.ts';

/** The page: a frame, one view, and what lies over it. */
export function App() {
  const view = viewNow();
  useViewFocus(view, areRoomsThere() || (view !== 'duplicates' && view !== 'map'));
  return (
    <>
      <a class="skip" href="#main">
        {frameTexts.value.skip}
      </a>
      <Header />
      <main id="main" tabIndex={-1} aria-busy={running.value !== undefined}>
        <View />
      </main>
      {modals.value.length === 0 && <Tray />}
      <Overlay />
      {isSheetOpen.value && <Room name="SettingsSheet" />}
      <QuestionDialog />
      {isDragging.value && (
        <div id="drop">
          <p>{frameTexts.value.drop}</p>
        </div>
      )}
    </>
  );
}

/** Which view is shown; `''` before it is known. */
function viewNow(): string {
  const { query, view } = address.value;
  if (query.length > 0) return 'results';
  if (pictures.value.size > 0) return view;
  return isLooking.value ? '' : 'start';
}

function View() {
  const { view, query } = address.value;
  if (query.length > 0) return <ResultsView />;
  // Nothing is said of pictures before it is known whether there are some.
  if (pictures.value.size === 0 && isLooking.value) return null;
  if (view === 'duplicates') return <Room name="DuplicatesView" />;
  if (view === 'map') return <Room name="MapView" />;
  return (
    <>
      <CollectionNotes />
      {pictures.value.size > 0 ? <PicturesView /> : <StartView />}
    </>
  );
}

/** The picture that the address names: among its duplicates, or alone. */
function Overlay() {
  const { view, query, picture, pictureFile } = address.value;
  if (picture === undefined && pictureFile === undefined) return null;
  const isCompared = view === 'duplicates' && query.length === 0 && (openGroup() || !compared.value);
  return isCompared ? <Room key="compare" name="ComparePictures" /> : <Room key="viewer" name="Viewer" />;
}
