import { Alerts } from './parts/alerts.tsx';
import { Header } from './parts/header.tsx';
import { address } from './state/address.ts';
import { pictures } from './state/pictures.ts';
import { running, status } from './state/tasks.ts';
import { frameTexts } from './texts/frame.ts';
import { PicturesView } from './views/pictures.tsx';
import { ResultsView } from './views/results.tsx';
import { SettingsSheet } from './views/settings/sheet.tsx';
import { StartView } from './views/start.tsx';
import { Viewer } from './views/viewer.tsx';
import { isDragging } from './work/input.ts';

/** The page: a frame, one view, and what lies over it. */
export function App() {
  return (
    <>
      <a class="skip" href="#main">
        {frameTexts.value.skip}
      </a>
      <Header />
      <p id="status" role="status" class={running.value ? 'quiet' : ''}>
        {status.value}
      </p>
      <Alerts />
      <main id="main" tabIndex={-1} aria-busy={running.value !== undefined}>
        <View />
      </main>
      <Viewer />
      <SettingsSheet />
      {isDragging.value && (
        <div id="drop">
          <p>{frameTexts.value.drop}</p>
        </div>
      )}
    </>
  );
}

function View() {
  const { query } = address.value;
  if (query.length > 0) return <ResultsView />;
  return pictures.value.size === 0 ? <StartView /> : <PicturesView />;
}
