import type { ModelInfo } from 'likeness-search';
import { cost, findModels, lookAt } from './models.ts';

/** A model of at most so many bytes is fetched without asking. */
const maxUnasked = 20e6;

const isCheap = ({ byteLength, storedBytes }: ModelInfo): boolean => byteLength - storedBytes <= maxUnasked;

/** The model that the page begins with; `hint` says which other one there is and what it costs. */
export interface FirstModel {
  model: string;
  name: string;
  hint?: string;
}

/**
 * The model that the address names (`?model=` with a name, a fingerprint or a URL), the model of the served index, or
 * the compact one. A large model is not fetched before the person has seen its size.
 */
export async function firstModel(ofIndex: string | undefined): Promise<FirstModel> {
  const asked = new URLSearchParams(location.search).get('model');
  const models = await findModels();
  const compact = models.find(({ name }) => name === 'vgg16-compact') ?? {
    model: 'vgg16-compact',
    name: 'vgg16-compact',
  };
  if (asked !== null) {
    const named = models.find(({ fingerprint, name }) => fingerprint === asked || name === asked);
    const info = named ?? (await lookAt(/[/:]/.test(asked) ? asked : `models/${asked}/`));
    if (isCheap(info)) return info;
    return { ...compact, hint: `${info.name} (${cost(info)}) was asked for: choose it under "Models".` };
  }
  const made = models.find(({ fingerprint }) => fingerprint === ofIndex);
  if (!made) return compact;
  if (isCheap(made)) return made;
  return {
    ...compact,
    hint: `These pictures were indexed with ${made.name} (${cost(made)}): choose it under "Models" to use that index.`,
  };
}
