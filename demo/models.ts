import { deleteModel, listModels, type ModelInfo, modelInfo } from 'likeness-search';
import { byId, make } from './dom.ts';

/** What a person does with models. */
export interface ModelActions {
  use(model: ModelInfo): void;
  /** The files of a model's folder. */
  open(files: File[]): void;
  /** Something went wrong. */
  explain(error: unknown): void;
}

const list = byId('models', HTMLUListElement);
const known = new Map<string, ModelInfo>();
let current: string | undefined;
let busy = false;
let showings = 0;

export const megabytes = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

/** What opening a model costs. */
export function cost({ byteLength, storedBytes }: ModelInfo): string {
  if (storedBytes >= byteLength) return `${megabytes(byteLength)}, on this device`;
  const rest = megabytes(byteLength - storedBytes);
  return storedBytes > 0
    ? `${rest} of ${megabytes(byteLength)} still to be downloaded`
    : `${rest}, to be downloaded once`;
}

/** Whether a model is in the list. */
export const isOffered = (fingerprint: string): boolean => known.has(fingerprint);

/** Finds the models that the server offers and those that are stored here. */
export async function findModels(): Promise<ModelInfo[]> {
  const response = await fetch('models/index.json').catch(() => undefined);
  const isJson = response?.ok && response.headers.get('content-type')?.includes('json');
  const offered: { url: string }[] = isJson ? await response.json() : [{ url: 'models/vgg16-compact/' }];
  const infos = await Promise.all(
    offered.map(({ url }) => modelInfo(`./${url}`, { refresh: true }).catch(() => undefined)),
  );
  for (const info of [...infos, ...(await listModels())]) {
    if (info && !known.has(info.fingerprint) && atItsAddress(info).length === 0) {
      known.set(info.fingerprint, info);
    }
  }
  return [...known.values()];
}

/** Other models of the same address: a stored model may be older than the server's. */
const atItsAddress = ({ model, fingerprint }: ModelInfo): ModelInfo[] =>
  [...known.values()].filter((other) => other.model === model && other.fingerprint !== fingerprint);

/** Looks up the model at an address and adds it to the list. */
export async function lookAt(address: string): Promise<ModelInfo> {
  const info = await modelInfo(new URL(address, document.baseURI));
  known.set(info.fingerprint, info);
  return info;
}

/** Shows the list. `inUse` is the fingerprint of the model that the page works with. */
export async function showModels(
  inUse: string | undefined,
  isBusy: boolean,
  actions: ModelActions,
): Promise<void> {
  current = inUse;
  busy = isBusy;
  const turn = ++showings;
  const stored = new Map((await listModels()).map((info) => [info.fingerprint, info]));
  if (turn !== showings) return; // a later call shows what is true now
  for (const [fingerprint, info] of known) {
    known.set(fingerprint, { ...info, storedBytes: stored.get(fingerprint)?.storedBytes ?? 0 });
  }
  for (const [fingerprint, info] of stored) {
    if (known.has(fingerprint)) continue;
    const others = atItsAddress(info);
    if (others.length > 0 && fingerprint !== inUse) continue;
    for (const other of others) known.delete(other.fingerprint);
    known.set(fingerprint, info);
  }
  list.replaceChildren(...[...known.values()].map((info) => item(info, actions)));
}

function item(info: ModelInfo, actions: ModelActions): HTMLLIElement {
  const { name, dimension, fingerprint, licence } = info;
  const inUse = fingerprint === current;
  const use = make('button', { type: 'button', disabled: inUse || busy }, inUse ? 'In use' : 'Use');
  use.setAttribute('aria-label', inUse ? `${name} is in use` : `Use ${name}`);
  use.addEventListener('click', () => actions.use(info));
  const size = make('span', { className: 'size' }, `${dimension} values · ${cost(info)} · ${licence}`);
  const line = make('li', { title: fingerprint }, make('b', {}, name), size, use);
  if (info.storedBytes > 0 && !inUse) {
    const remove = make('button', { type: 'button', disabled: busy }, 'Delete from this device');
    remove.setAttribute('aria-label', `Delete ${name} from this device`);
    remove.addEventListener('click', async () => {
      try {
        await deleteModel(info.model);
        // One that came from picked files is nowhere else.
        if (info.model === fingerprint) known.delete(fingerprint);
      } catch (error) {
        actions.explain(error);
      }
      await showModels(current, busy, actions);
    });
    line.append(remove);
  }
  return line;
}

/** Connects the form for an address and the chooser of a folder. */
export function connectModelInput(actions: ModelActions): void {
  byId('model-form', HTMLFormElement).addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await lookAt(byId('model-url', HTMLInputElement).value);
      await showModels(current, busy, actions);
    } catch (error) {
      actions.explain(error);
    }
  });
  const folder = byId('model-folder', HTMLInputElement);
  folder.addEventListener('change', () => {
    const files = [...(folder.files ?? [])];
    folder.value = '';
    if (files.length > 0) actions.open(files);
  });
}
