import type { ModelInfo } from 'likeness-search';
import { lookAt } from './models.ts';

/** A model of at most so many bytes is fetched without asking. */
const maxUnasked = 20e6;

export const bytesToFetch = ({ byteLength, storedBytes }: ModelInfo): number =>
  Math.max(0, byteLength - storedBytes);

/** The model that the page begins with. */
export interface FirstModel {
  model: string;
  name: string;
  /** Another one that was asked for, or made the served index, and is too large to be fetched unasked. */
  wanted?: { info: ModelInfo; why: 'address' | 'index' };
}

/**
 * The model that the address names (`?model=` with a name, a fingerprint or a URL), the model of the served index, or
 * the compact one. A large model is not fetched before the person has seen its size.
 */
export async function firstModel(
  ofIndex: string | undefined,
  models: readonly ModelInfo[],
): Promise<FirstModel> {
  const asked = new URLSearchParams(location.search).get('model');
  const compact = models.find(({ name }) => name === 'vgg16-compact') ?? {
    model: 'vgg16-compact',
    name: 'vgg16-compact',
  };
  const isCheap = (info: ModelInfo): boolean => bytesToFetch(info) <= maxUnasked;
  if (asked !== null) {
    const named = models.find(({ fingerprint, name }) => fingerprint === asked || name === asked);
    const info = named ?? (await lookAt(/[/:]/.test(asked) ? asked : `models/${asked}/`));
    return isCheap(info) ? info : { ...compact, wanted: { info, why: 'address' } };
  }
  const made = models.find(({ fingerprint }) => fingerprint === ofIndex);
  if (!made) return compact;
  return isCheap(made) ? made : { ...compact, wanted: { info: made, why: 'index' } };
}
