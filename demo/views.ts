import type { Hit, Report } from 'likeness-search';
import { canShareMemory } from '../src/web/shared-memory.ts';
import { byId, make } from './dom.ts';
import type { Picture } from './pictures.ts';

/** The query that results are of. */
export interface Asked {
  name: string;
  url: string;
}

const gallery = byId('pictures', HTMLUListElement);
const buttons = new Map<string, HTMLButtonElement>();

const shortName = (id: string): string => id.split('/').at(-1)!;

/** A picture, or its name where the page has no picture for an id of the index. */
function shown({ id, url }: Picture, alt: string): HTMLElement {
  const absent = (): HTMLElement => make('span', { className: 'absent' }, shortName(id));
  if (url === '') return absent();
  const image = make('img', { src: url, alt, loading: 'lazy', decoding: 'async' });
  image.addEventListener('error', () => image.replaceWith(absent()), { once: true });
  return image;
}

/** Puts pictures into the gallery; one with an id that is there already takes its place. */
export function showPictures(pictures: readonly Picture[], choose: (picture: Picture) => void): void {
  const fragment = document.createDocumentFragment();
  for (const picture of pictures) {
    const button = make('button', { type: 'button', title: picture.id }, shown(picture, ''));
    button.setAttribute('aria-label', `Find pictures like ${picture.id}`);
    button.addEventListener('click', () => choose(picture));
    const before = buttons.get(picture.id);
    if (before) before.replaceWith(button);
    else fragment.append(make('li', {}, button));
    buttons.set(picture.id, button);
  }
  gallery.append(fragment);
}

/** Takes pictures out of the gallery. */
export function removePictures(ids: Iterable<string>): void {
  for (const id of ids) {
    buttons.get(id)?.closest('li')?.remove();
    buttons.delete(id);
  }
}

/** Marks the pictures that a query can find. */
export function markIndexed(ids: Iterable<string>): void {
  for (const id of ids) buttons.get(id)?.classList.add('indexed');
}

/** Marks these, and no others. */
export function markOnlyIndexed(ids: ReadonlySet<string>): void {
  for (const [id, button] of buttons) button.classList.toggle('indexed', ids.has(id));
}

/** Shows the nearest pictures with rank and distance. */
export function showHits(
  asked: Asked,
  hits: readonly Hit[],
  summary: string,
  pictureOf: (id: string) => Picture | undefined,
  choose: (picture: Picture) => void,
): void {
  byId('asked', HTMLElement).replaceChildren(
    shown({ id: asked.name, url: asked.url }, `The query: ${asked.name}`),
  );
  byId('results-title', HTMLElement).textContent = `Most like ${shortName(asked.name)}`;
  byId('results-summary', HTMLElement).textContent = summary;
  const items = hits.map(({ id, distance }, rank) => {
    const picture = pictureOf(id) ?? { id, url: '' };
    const image = shown(picture, shortName(id));
    const more = make('button', { type: 'button', className: 'more' }, 'More like this');
    more.setAttribute('aria-label', `More like ${shortName(id)}`);
    more.addEventListener('click', () => choose(picture));
    const caption = make(
      'div',
      { className: 'caption' },
      make('b', {}, `${rank + 1}`),
      make('span', {}, distance.toFixed(4)),
    );
    return make(
      'li',
      {},
      make('div', { className: 'picture' }, image),
      caption,
      make('div', { className: 'name', title: id }, shortName(id)),
      more,
    );
  });
  byId('hits', HTMLOListElement).replaceChildren(...items);
}

/** Shows either the results or the gallery. */
export function showResults(visible: boolean): void {
  byId('results', HTMLElement).hidden = !visible;
  byId('gallery', HTMLElement).hidden = visible;
  window.scrollTo({ top: 0 });
  if (visible) byId('results-title', HTMLElement).focus({ preventScroll: true });
}

/** Which backends run, and why. */
export function showReport({ model, extractor, knn, modelFiles }: Report): void {
  const threads =
    extractor?.backend === 'wasm' ? `, ${extractor.threads} thread${extractor.threads === 1 ? '' : 's'}` : '';
  const place = extractor && ` on ${extractor.backend === 'wasm' ? 'WebAssembly' : 'WebGPU'}${threads}`;
  byId('engine-summary', HTMLElement).textContent = `${model.name}${place ?? ', not loaded yet'}`;
  const rows: [string, string][] = [
    ['Model', `${model.fingerprint}, ${model.dimension} values a picture`],
    [
      'Its files',
      modelFiles
        ? [
            {
              opfs: 'stored in this browser',
              indexeddb: 'stored in this browser',
              memory: 'in memory; fetched again the next time',
              folder: 'in a folder',
            }[modelFiles.where],
            ...modelFiles.warnings,
          ].join('. ')
        : 'not loaded yet',
    ],
    [
      'Network',
      extractor ? `${extractor.backend}${threads}: ${extractor.reason}` : 'loaded when a picture needs it',
    ],
    ['Search', `${knn.backend}: ${knn.reason}`],
    [
      'Page',
      canShareMemory()
        ? 'cross-origin isolated: threads may be used'
        : 'memory cannot be shared (the page is not cross-origin isolated, or the browser has none): one thread',
    ],
  ];
  byId('engine-details', HTMLElement).replaceChildren(
    ...rows.flatMap(([term, text]) => [make('dt', {}, term), make('dd', {}, text)]),
  );
}

/** Shows an error until it is dismissed or the next task begins. A list of errors stays until it is dismissed. */
export function alertPerson(message: string, lines: readonly string[] = []): void {
  const dismiss = make('button', { type: 'button' }, 'Dismiss');
  const text = make('div', {}, message);
  if (lines.length > 0) text.append(make('ul', {}, ...lines.map((line) => make('li', {}, line))));
  const alert = make('div', { className: 'alert' }, text, dismiss);
  alert.setAttribute('role', 'alert');
  dismiss.addEventListener('click', () => alert.remove());
  if (lines.length > 0) alert.classList.add('list');
  else clearAlert();
  byId('alerts', HTMLElement).append(alert);
}

export function clearAlert(): void {
  for (const alert of byId('alerts', HTMLElement).querySelectorAll('.alert:not(.list)')) alert.remove();
}
