import { type Hit, LikenessError } from 'likeness-search';
import { explain, say } from './actions.ts';
import { byId } from './dom.ts';
import type { Picture } from './pictures.ts';
import { state } from './state.ts';
import { type Asked, alertPerson, clearAlert, showHits, showResults } from './views.ts';

const results = 30;

/** One query of this visit, for Back and Forward. It is kept here, because a dropped file has no address. */
interface View {
  asked: Asked;
  hits: Hit[];
  summary: string;
}
const views: View[] = [];

/** Finds the pictures most like one and shows them as a new entry of the history. */
export async function find(asked: Asked, image: File | string, id?: string): Promise<void> {
  const { search, indexed } = state;
  if (!search) {
    const why = state.running
      ? 'The model is not open yet: wait a moment'
      : 'No model is open: choose one under "Models"';
    alertPerson(`${why}; then ask again.`);
    return;
  }
  if (indexed.size === 0) {
    alertPerson('Nothing is indexed yet: index the pictures first, then ask again.');
    byId('index', HTMLButtonElement).focus();
    return;
  }
  clearAlert();
  say('Searching…');
  try {
    const known = id !== undefined && indexed.has(id);
    const start = performance.now();
    const vector = known ? await search.vector(id) : await search.extract(image);
    const extracted = performance.now();
    const hits = await search.query(vector, { k: results });
    const searched = performance.now() - extracted;
    const how = known ? '' : `${(extracted - start).toFixed(0)} ms to read the picture, `;
    const summary = `${hits.length} of ${indexed.size} pictures, nearest first · ${how}${searched.toFixed(1)} ms to search`;
    views.push({ asked, hits, summary });
    history.pushState({ view: views.length - 1 }, '');
    showView(views.length - 1);
    say(`${hits.length} pictures found.`);
  } catch (error) {
    say('');
    explain(error instanceof LikenessError ? new Error(`${asked.name}: ${error.message}`) : error);
  }
}

export const findPicture = (picture: Picture): void =>
  void find({ name: picture.id, url: picture.url }, picture.file ?? picture.url, picture.id);

/** Shows a query's results, or the gallery. */
export function showView(view: number | undefined): void {
  const shown = view === undefined ? undefined : views[view];
  if (shown) {
    showHits(shown.asked, shown.hits, shown.summary, (id) => state.pictures.get(id), findPicture);
  }
  showResults(shown !== undefined);
}
