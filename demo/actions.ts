import { byId } from './dom.ts';
import { state } from './state.ts';
import { alertPerson, clearAlert } from './views.ts';

const indexButton = byId('index', HTMLButtonElement);
const readyMadeButton = byId('ready-made', HTMLButtonElement);
const cancelButton = byId('cancel', HTMLButtonElement);
const status = byId('status', HTMLElement);

const listeners: (() => void)[] = [];

/** `listener` is called whenever the possible actions change. */
export function onActions(listener: () => void): void {
  listeners.push(listener);
}

/** Shows the buttons that make sense now. */
export function refreshActions(): void {
  const { pictures, indexed, served, search, running } = state;
  const missing = [...pictures.values()].filter(({ id, url }) => url !== '' && !indexed.has(id)).length;
  indexButton.hidden = running !== undefined || missing === 0;
  indexButton.disabled = search === undefined;
  indexButton.textContent = indexed.size > 0 ? `Index ${missing} more` : `Index ${missing} pictures`;
  readyMadeButton.hidden =
    running !== undefined || missing === 0 || !served || served.pictures.every(({ id }) => indexed.has(id));
  readyMadeButton.disabled = search === undefined;
  cancelButton.hidden = running === undefined;
  byId('progress', HTMLElement).hidden = running === undefined;
  byId('gallery-title', HTMLElement).textContent =
    `${pictures.size} pictures${indexed.size > 0 ? `, ${indexed.size} indexed` : ''}`;
  byId('main', HTMLElement).setAttribute('aria-busy', String(running !== undefined));
  for (const listener of listeners) listener();
}

export function say(text: string): void {
  status.textContent = text;
}

export function explain(error: unknown): void {
  alertPerson(error instanceof Error ? error.message : String(error));
}

const waiting: (() => void)[] = [];

/** Resolves when nothing runs. */
export async function whenIdle(): Promise<void> {
  while (state.running) await new Promise<void>((done) => waiting.push(done));
}

/** Runs a task that can be cancelled, with its progress in the bar; one task at a time. */
export async function withProgress(
  start: string,
  work: (signal: AbortSignal, show: (done: number, total: number, text: string) => void) => Promise<string>,
): Promise<void> {
  if (state.running) return;
  const running = new AbortController();
  state.running = running;
  clearAlert();
  say(start);
  const bar = byId('progress-bar', HTMLProgressElement);
  bar.value = 0;
  byId('progress-text', HTMLElement).textContent = start;
  refreshActions();
  try {
    const end = await work(running.signal, (done, total, text) => {
      bar.value = total > 0 ? done / total : 0;
      byId('progress-text', HTMLElement).textContent = text;
    });
    say(end);
  } catch (error) {
    if (running.signal.aborted) {
      say(state.search ? `Cancelled: ${state.indexed.size} pictures are indexed.` : 'Cancelled.');
    } else {
      say('');
      explain(error);
    }
  } finally {
    state.running = undefined;
    for (const done of waiting.splice(0)) done();
    refreshActions();
  }
}
