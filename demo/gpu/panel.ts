import { explain, onActions, say } from '../actions.ts';
import { byId, make, save } from '../dom.ts';
import { state } from '../state.ts';
import { adapterName, describeShape, figures, searchName } from './figures.ts';
import type { Measurement, Question } from './measure.ts';
import type { Told } from './worker.ts';

const k = 30;
const runs = 9;

const button = byId('gpu-measure', HTMLButtonElement);
const cancel = byId('gpu-cancel', HTMLButtonElement);
const size = byId('gpu-size', HTMLSelectElement);
const bar = byId('gpu-progress', HTMLProgressElement);
const text = byId('gpu-text', HTMLElement);
const result = byId('gpu-result', HTMLElement);

let worker: Worker | undefined;
let measurement: Measurement | undefined;

/** Connects the button that measures the search on the visitor's GPU. The measurement runs in a worker of its own. */
export function connectGpuPanel(): void {
  button.addEventListener('click', measure);
  cancel.addEventListener('click', () => end('Cancelled.'));
  byId('gpu-copy', HTMLButtonElement).addEventListener('click', () => {
    navigator.clipboard.writeText(json()).then(() => say('The measurement was copied.'), explain);
  });
  byId('gpu-save', HTMLButtonElement).addEventListener('click', () => {
    save('gpu-search.json', new Blob([json()], { type: 'application/json' }));
  });
  onActions(refresh);
  if (!('gpu' in navigator && navigator.gpu)) {
    text.textContent = isSecureContext
      ? 'This browser has no WebGPU: there is no GPU to measure.'
      : 'Browsers have WebGPU on pages of https and of localhost only: there is no GPU to measure.';
  }
  refresh();
}

const json = (): string => `${JSON.stringify(measurement, undefined, 2)}\n`;

function refresh(): void {
  const isThere = 'gpu' in navigator && Boolean(navigator.gpu);
  // Other work would be measured, too.
  button.disabled = size.disabled = !isThere || worker !== undefined || state.running !== undefined;
  button.hidden = worker !== undefined;
  cancel.hidden = bar.hidden = worker === undefined;
}

function measure(): void {
  const [n, d] = size.value.split(' ').map(Number) as [number, number];
  const question: Question = { n, d, k, runs };
  worker = new Worker(new URL('gpu-worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if ('progress' in data) {
      bar.value = data.progress.done / data.progress.total;
      const now = `${data.progress.text}…`;
      // Read out when it changes, not with every step.
      if (text.textContent !== now) text.textContent = now;
    } else if ('measurement' in data) {
      show(data.measurement);
      end(
        data.measurement.isSoftware
          ? 'Measured, on a software adapter: the search is right there, but its times say nothing of a GPU.'
          : 'Measured.',
      );
    } else end(`There is nothing to measure: ${data.error}`);
  });
  worker.addEventListener('error', ({ message }) =>
    end(`The measurement failed: ${message || 'its worker did not start'}`),
  );
  worker.postMessage(question);
  bar.value = 0;
  text.textContent = 'Starting…';
  result.hidden = true;
  refresh();
  cancel.focus();
}

function end(said: string): void {
  worker?.terminate();
  worker = undefined;
  text.textContent = said;
  const isFocused = document.activeElement === cancel;
  refresh();
  if (isFocused) button.focus();
}

/** The table: a column a search. */
function show(measured: Measurement): void {
  measurement = measured;
  const { n, d, searches, browser, date } = measured;
  const head = (name: string, scope: string): HTMLTableCellElement => make('th', { scope }, name);
  byId('gpu-table', HTMLTableElement).replaceChildren(
    make('caption', {}, `${n} × ${d}, ${k} nearest`),
    make(
      'thead',
      {},
      make('tr', {}, make('td'), ...searches.map((search) => head(searchName(search), 'col'))),
    ),
    make(
      'tbody',
      {},
      ...figures.map(({ name, of }) =>
        make('tr', {}, head(name, 'row'), ...searches.map((search) => make('td', {}, of(search)))),
      ),
    ),
  );
  const facts: [string, string][] = [
    ['Adapter', adapterName(measured)],
    ['Kernels', describeShape(measured)],
    ['Browser', browser],
    ['Date', date],
  ];
  byId('gpu-facts', HTMLElement).replaceChildren(
    ...facts.flatMap(([term, said]) => [make('dt', {}, term), make('dd', {}, said)]),
  );
  result.hidden = false;
}
