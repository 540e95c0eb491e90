import { CollectionNotes } from './parts/collection-notes.tsx';
import { Header } from './parts/header.tsx';
import { QuestionDialog } from './parts/question-dialog.tsx';
import { Tray } from './parts/tray.tsx';
import { address } from './state/address.ts';
import { compared } from './state/duplicates.ts';
import { isLooking } from './state/library.ts';
import { modals } from './state/modals.ts';
import { pictures } from './state/pictures.ts';
import { running } from './state/tasks.ts';
import { frameTexts } from './texts/frame.ts';
import { ComparePictures, openGroup } from './views/duplicates/compare.tsx';
import { DuplicatesView } from './views/duplicates/duplicates.tsx';
import { MapView } from './views/map/map.tsx';
import { PicturesView } from './views/pictures.tsx';
import { ResultsView } from './views/results/results.tsx';
import { SettingsSheet } from './views/settings/sheet.tsx';
import { StartView } from './views/start.tsx';
import { useViewFocus } from './views/use-view-focus.ts';
import { Viewer } from './views/viewer/viewer.tsx';
import { isDragging } from './work/input.ts';

/** The page: a frame, one view, and what lies over it. */
export function App() {
  useViewFocus(viewNow());
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
      <SettingsSheet />
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
  if (view === 'duplicates') return <DuplicatesView />;
  if (view === 'map') return <MapView />;
  return (
    <>
      <CollectionNotes />
      {pictures.value.size > 0 ? <PicturesView /> : <StartView />}
    </>
  );
}

/** The picture that the address names: among its duplicates, or alone. */
function Overlay() {
  const { view, query } = address.value;
  if (view !== 'duplicates' || query.length > 0) return <Viewer />;
  return openGroup() || !compared.value ? <ComparePictures /> : <Viewer />;
}
