import {
  type Features,
  type Hit,
  ImageSearch,
  type Item,
  LikenessError,
  type OpenOptions,
  type Report,
} from 'likeness';
import { byId } from './dom.ts';
import { firstModel } from './first-model.ts';
import { connectFileInput } from './input.ts';
import { connectModelInput, type ModelActions, megabytes, showModels } from './models.ts';
import { Pace } from './pace.ts';
import { fromFiles, type Picture, type ServedIndex, servedFeatures, servedIndex } from './pictures.ts';
import {
  type Asked,
  alertPerson,
  clearAlert,
  markIndexed,
  markOnlyIndexed,
  showHits,
  showPictures,
  showReport,
  showResults,
} from './views.ts';

const results = 30;

const indexButton = byId('index', HTMLButtonElement);
const readyMadeButton = byId('ready-made', HTMLButtonElement);
const cancelButton = byId('cancel', HTMLButtonElement);
const status = byId('status', HTMLElement);

const pictures = new Map<string, Picture>();
/** Ids that the index holds. */
const indexed = new Set<string>();
let served: ServedIndex | undefined;
let search: ImageSearch | undefined;
let report: Report | undefined;
/** Features of models that the page worked with before, by fingerprint: each model has an index of its own. */
const setAside = new Map<string, Features>();
let running: AbortController | undefined;

/** One query of this visit, for Back and Forward: kept here, since a dropped file has no address. */
interface View {
  asked: Asked;
  hits: Hit[];
  summary: string;
}
const views: View[] = [];

function optionsFromAddress(): OpenOptions {
  const parameters = new URLSearchParams(location.search);
  const threads = parameters.get('threads');
  return {
    device: (parameters.get('device') as OpenOptions['device']) ?? undefined,
    threads: threads === null ? undefined : Number(threads),
  };
}

function refreshActions(): void {
  const missing = [...pictures.keys()].filter((id) => !indexed.has(id)).length;
  indexButton.hidden = running !== undefined || missing === 0;
  indexButton.disabled = search === undefined;
  indexButton.textContent = indexed.size > 0 ? `Index ${missing} more` : `Index ${missing} pictures`;
  readyMadeButton.hidden =
    running !== undefined || missing === 0 || !served || served.pictures.every(({ id }) => indexed.has(id));
  readyMadeButton.disabled = search === undefined;
  void showModels(report?.model.fingerprint, running !== undefined, modelActions);
  cancelButton.hidden = running === undefined;
  byId('progress', HTMLElement).hidden = running === undefined;
  byId('gallery-title', HTMLElement).textContent =
    `${pictures.size} pictures${indexed.size > 0 ? `, ${indexed.size} indexed` : ''}`;
  byId('main', HTMLElement).setAttribute('aria-busy', String(running !== undefined));
}

function explain(error: unknown): void {
  alertPerson(error instanceof Error ? error.message : String(error));
}

/** Runs something that can be cancelled, with its progress in the bar; one such thing at a time. */
async function withProgress(
  start: string,
  work: (signal: AbortSignal, show: (done: number, total: number, text: string) => void) => Promise<string>,
): Promise<void> {
  if (running) return;
  running = new AbortController();
  clearAlert();
  status.textContent = start;
  const bar = byId('progress-bar', HTMLProgressElement);
  bar.value = 0;
  byId('progress-text', HTMLElement).textContent = start;
  refreshActions();
  try {
    status.textContent = await work(running.signal, (done, total, text) => {
      bar.value = total > 0 ? done / total : 0;
      byId('progress-text', HTMLElement).textContent = text;
    });
  } catch (error) {
    if (running.signal.aborted)
      status.textContent = search ? `Cancelled: ${indexed.size} pictures are indexed.` : 'Cancelled.';
    else {
      status.textContent = '';
      explain(error);
    }
  } finally {
    running = undefined;
    refreshActions();
  }
}

/** Adds what is not in the index yet; what was added before a cancel stays. */
function addToIndex(items: Item[]): Promise<void> {
  return withProgress('Indexing…', async (signal, show) => {
    const pace = new Pace(items.length, 0, performance.now());
    const started = performance.now();
    const before = indexed.size;
    const note = (upTo: number): void => {
      const done = items.slice(0, upTo).map(({ id }) => id);
      for (const id of done) indexed.add(id);
      markIndexed(done);
    };
    try {
      const report = await search!.add(items, {
        signal,
        onProgress: ({ done, total }) => {
          note(done);
          show(done, total, pace.describe(done, performance.now()));
        },
      });
      for (const { id } of report.failed) indexed.delete(id);
      if (report.failed.length > 0) {
        const [first] = report.failed;
        alertPerson(`${report.failed.length} could not be read, e.g. ${first!.id}: ${first!.error.message}`);
      }
    } finally {
      // After a cancel the index itself knows what it holds.
      if (signal.aborted) {
        const { ids } = await search!.features();
        indexed.clear();
        for (const id of ids) indexed.add(id);
        markIndexed(ids);
      }
    }
    const seconds = (performance.now() - started) / 1000;
    return `${indexed.size - before} pictures indexed in ${seconds.toFixed(1)} s. Click one to find those like it.`;
  });
}

const itemsToAdd = (): Item[] =>
  [...pictures.values()]
    .filter(({ id }) => !indexed.has(id))
    .map(({ id, url, file }) => ({ id, image: file ?? url }));

async function useReadyMade(): Promise<void> {
  try {
    if (served!.fingerprint !== report!.model.fingerprint) {
      throw new Error(
        `The ready-made index was made with ${served!.fingerprint}, the page works with ${report!.model.fingerprint}: choose its model under "Models", or index the pictures anew.`,
      );
    }
    const rows = await servedFeatures(served!.pictures.length);
    await addToIndex(served!.pictures.map(({ id }, row) => ({ id, vector: rows[row]! })));
  } catch (error) {
    explain(error);
  }
}

/** Opens a model and works with it from then on; the index of the one before is set aside. */
function useModel(model: NonNullable<OpenOptions['model']>, name: string, hint = ''): Promise<void> {
  return withProgress(`Opening ${name}…`, async (signal, show) => {
    const opened = await ImageSearch.open({
      ...optionsFromAddress(),
      model,
      // The server's models may have been built anew.
      refresh: typeof model === 'string' && model.startsWith(new URL('models/', document.baseURI).href),
      signal,
      onProgress: ({ done, total, fetched = 0 }) => {
        const what = fetched > 0 ? `Downloading ${name}` : `Reading ${name} from this device`;
        show(done, total, `${what}: ${megabytes(done)} of ${megabytes(total)}`);
      },
    });
    if (search && report) {
      setAside.set(report.model.fingerprint, await search.features());
      await search.close();
    }
    search = opened;
    report = await opened.report();
    const { fingerprint, dimension } = report.model;
    const before = setAside.get(fingerprint);
    setAside.delete(fingerprint);
    indexed.clear();
    if (before) {
      const vector = (row: number): Float32Array =>
        before.values.subarray(row * dimension, (row + 1) * dimension);
      await opened.add(before.ids.map((id, row) => ({ id, vector: vector(row) })));
      for (const id of before.ids) indexed.add(id);
    }
    markOnlyIndexed(indexed);
    showReport(report);
    return setAside.size > 0 || before
      ? `The page works with ${name}. The index of each model is kept while the page is open.`
      : hint;
  });
}

const modelActions: ModelActions = {
  use: ({ model, name }) => void useModel(model, name),
  open: (files) => void useModel(files, 'the model in that folder'),
  explain,
};

/** Finds the pictures most like one and shows them as a new entry of the history. */
async function find(asked: Asked, image: File | string, id?: string): Promise<void> {
  if (!search) return;
  if (indexed.size === 0) {
    alertPerson('Nothing is indexed yet: index the pictures first, then ask again.');
    indexButton.focus();
    return;
  }
  clearAlert();
  status.textContent = 'Searching…';
  try {
    const start = performance.now();
    const vector =
      id !== undefined && indexed.has(id) ? await search.vector(id) : await search.extract(image);
    const extracted = performance.now();
    const hits = await search.query(vector, { k: results });
    const searched = performance.now() - extracted;
    const how =
      id !== undefined && indexed.has(id) ? '' : `${(extracted - start).toFixed(0)} ms to read the picture, `;
    const summary = `${hits.length} of ${indexed.size} pictures, nearest first · ${how}${searched.toFixed(1)} ms to search`;
    views.push({ asked, hits, summary });
    history.pushState({ view: views.length - 1 }, '');
    show(views.length - 1);
    status.textContent = `${hits.length} pictures found.`;
  } catch (error) {
    status.textContent = '';
    explain(error instanceof LikenessError ? new Error(`${asked.name}: ${error.message}`) : error);
  }
}

const findPicture = (picture: Picture): void =>
  void find({ name: picture.id, url: picture.url }, picture.file ?? picture.url, picture.id);

function show(view: number | undefined): void {
  const shown = view === undefined ? undefined : views[view];
  if (shown) showHits(shown.asked, shown.hits, shown.summary, (id) => pictures.get(id), findPicture);
  showResults(shown !== undefined);
}

function addPictures(added: Picture[]): void {
  if (added.length === 0) {
    alertPerson('None of these files is a picture that can be read (JPEG, PNG, WebP, GIF, AVIF or BMP).');
    return;
  }
  for (const picture of added) {
    pictures.set(picture.id, picture);
    indexed.delete(picture.id);
  }
  showPictures(added, findPicture);
  refreshActions();
  showResults(false);
}

indexButton.addEventListener('click', () => void addToIndex(itemsToAdd()));
readyMadeButton.addEventListener('click', () => void useReadyMade());
cancelButton.addEventListener('click', () => running?.abort());
byId('back', HTMLButtonElement).addEventListener('click', () => {
  history.pushState({}, '');
  show(undefined);
});
addEventListener('popstate', (event) => show((event.state as { view?: number } | null)?.view));
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  if (running) running.abort();
  else if (!byId('results', HTMLElement).hidden) byId('back', HTMLButtonElement).click();
});
connectFileInput({
  query: (file) => void find({ name: file.name, url: URL.createObjectURL(file) }, file),
  add(files) {
    addPictures(fromFiles(files));
    if (search && !running) void addToIndex(itemsToAdd());
  },
});

history.replaceState({}, '');
served = await servedIndex().catch(() => undefined);
if (served) {
  for (const picture of served.pictures) pictures.set(picture.id, picture);
  showPictures(served.pictures, findPicture);
}
connectModelInput(modelActions);
try {
  const { model, name, hint } = await firstModel(served?.fingerprint);
  if (hint) byId('models-box', HTMLDetailsElement).open = true;
  const welcome = served ? '' : 'Add pictures or a folder of yours to search among them.';
  await useModel(model, name, hint ?? welcome);
} catch (error) {
  explain(error);
}
if (!search) byId('engine-summary', HTMLElement).textContent = 'The model could not be loaded';
refreshActions();
