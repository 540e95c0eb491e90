import { isAbsolute, relative, resolve, sep } from 'node:path';

/** The default of --model. */
export const defaultModel = 'vgg16-compact';

export const isModelUrl = (model: string): boolean => /^https?:\/\//i.test(model);

/** A model as the command line names it: a URL, a folder when it looks like a path, else a built-in name. */
export const isModelFolder = (model: string): boolean =>
  !isModelUrl(model) &&
  (isAbsolute(model) || model.startsWith('.') || model.includes('/') || model.includes(sep));

/** The model as an index folder records it: the name, the URL, or the model's folder relative to the index. */
export function recordedModel(model: string, indexFolder: string): string {
  if (!isModelFolder(model)) return model;
  const path = relative(resolve(indexFolder), resolve(model)).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** The other way: what to open for an index. */
export const modelOfIndex = (source: string, indexFolder: string): string =>
  isModelFolder(source) ? resolve(indexFolder, source) : source;
