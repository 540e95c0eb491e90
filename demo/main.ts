import { explain, onActions, refreshActions } from './actions.ts';
import { byId } from './dom.ts';
import { find, findPicture, showView } from './find.ts';
import { firstModel } from './first-model.ts';
import { connectGpuPanel } from './gpu/panel.ts';
import { addFiles, indexMissing, useReadyMade } from './indexing.ts';
import { connectFileInput } from './input.ts';
import { connectModelInput, type ModelActions, showModels } from './models.ts';
import { servedIndex } from './pictures.ts';
import { state } from './state.ts';
import { connectStorage, importFiles, showStorage } from './storage.ts';
import { useModel } from './use-model.ts';
import { showPictures, showResults } from './views.ts';

byId('index', HTMLButtonElement).addEventListener('click', () => void indexMissing());
byId('ready-made', HTMLButtonElement).addEventListener('click', () => void useReadyMade());
byId('cancel', HTMLButtonElement).addEventListener('click', () => state.running?.abort());
byId('back', HTMLButtonElement).addEventListener('click', () => {
  history.pushState({}, '');
  showView(undefined);
});
addEventListener('popstate', (event) => showView((event.state as { view?: number } | null)?.view));
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  if (state.running) state.running.abort();
  else if (!byId('results', HTMLElement).hidden) byId('back', HTMLButtonElement).click();
});
connectFileInput({
  query: (file) => void find({ name: file.name, url: URL.createObjectURL(file) }, file),
  add(given) {
    showResults(false);
    addFiles(given, findPicture).catch(explain);
  },
  importFiles: (files) => void importFiles(files),
});
const modelActions: ModelActions = {
  use: ({ model, name }) => void useModel(model, name),
  open: (files) => void useModel(files, 'the model in that folder'),
  explain,
};
connectModelInput(modelActions);
connectStorage();
connectGpuPanel();
onActions(() => {
  void showModels(state.report?.model.fingerprint, state.running !== undefined, modelActions);
  void showStorage();
});

history.replaceState({}, '');
state.served = await servedIndex().catch(() => undefined);
const { served } = state;
if (served) {
  for (const picture of served.pictures) state.pictures.set(picture.id, picture);
  showPictures(served.pictures, findPicture);
}
try {
  const { model, name, hint } = await firstModel(served?.fingerprint);
  if (hint) byId('models-box', HTMLDetailsElement).open = true;
  const welcome = served ? '' : 'Add pictures or a folder of yours to search among them.';
  await useModel(model, name, { hint, welcome });
} catch (error) {
  explain(error);
}
if (!state.search) byId('engine-summary', HTMLElement).textContent = 'The model could not be loaded';
refreshActions();
