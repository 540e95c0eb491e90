import { signal } from '@preact/signals';
import { deleteModel, listModels, type ModelInfo, modelInfo } from 'likeness-search';

/** Models that the server offers, and those that are stored here. */
export const models = signal<readonly ModelInfo[]>([]);

/** Whether a model is in the list. */
export const isOffered = (fingerprint: string): boolean =>
  models.value.some((model) => model.fingerprint === fingerprint);

/** A model that the server has. */
interface Offered {
  url: string;
  fingerprint?: string;
}

let offered: Promise<readonly Offered[]> | undefined;

/** The server's list of its models. */
export const offeredModels = (): Promise<readonly Offered[]> => {
  offered ??= askForModels();
  return offered;
};

async function askForModels(): Promise<readonly Offered[]> {
  const response = await fetch('models/index.json').catch(() => undefined);
  const isJson = response?.ok && response.headers.get('content-type')?.includes('json');
  return isJson ? response.json() : [{ url: 'models/vgg16-compact/' }];
}

/** Finds the models that there are. A stored one that is older than the server's is left out, unless it is `inUse`. */
export async function findModels(inUse?: string): Promise<readonly ModelInfo[]> {
  const infos = await Promise.all(
    (await offeredModels()).map(({ url }) => modelInfo(`./${url}`, { refresh: true }).catch(() => undefined)),
  );
  const found = new Map<string, ModelInfo>();
  const candidates = [
    ...infos.filter((info) => info !== undefined),
    ...lookedAt.values(),
    ...(await listModels()),
  ];
  for (const info of candidates) {
    const { model, fingerprint } = info;
    const sameAddress = [...found.values()].some((other) => other.model === model);
    if (!found.has(fingerprint) && (!sameAddress || fingerprint === inUse)) found.set(fingerprint, info);
  }
  models.value = [...found.values()];
  return models.value;
}

/** Finds out again how much of each model is stored here. */
export async function findStoredBytes(): Promise<void> {
  const stored = new Map((await listModels()).map((info) => [info.fingerprint, info]));
  const known = models.value.map((info) => ({
    ...info,
    storedBytes: stored.get(info.fingerprint)?.storedBytes ?? 0,
  }));
  // One that came from picked files is known by being stored only.
  const more = [...stored.values()].filter(
    ({ fingerprint, model }) =>
      !known.some((info) => info.fingerprint === fingerprint || info.model === model),
  );
  models.value = [...known, ...more];
}

/** Deletes a model's files from this device. */
export async function forgetModel({ model, fingerprint }: ModelInfo): Promise<void> {
  await deleteModel(model);
  if (model === fingerprint) models.value = models.value.filter((info) => info.fingerprint !== fingerprint);
  await findStoredBytes();
}

const lookedAt = new Map<string, ModelInfo>();

/** Looks up the model at an address and adds it to the list. */
export async function lookAt(address: string): Promise<ModelInfo> {
  const info = await modelInfo(new URL(address, document.baseURI));
  lookedAt.set(info.fingerprint, info);
  if (!isOffered(info.fingerprint)) models.value = [...models.value, info];
  return info;
}
