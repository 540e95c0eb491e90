import type { ModelInfo } from 'likeness-search';
import { lookAt } from './models.ts';

/** A network of at most so many bytes is fetched without asking. */
const maxUnasked = 20e6;

export const bytesToFetch = ({ byteLength, storedBytes }: ModelInfo): number =>
  Math.max(0, byteLength - storedBytes);

export const isCheap = (info: ModelInfo): boolean => bytesToFetch(info) <= maxUnasked;

/**
 * The model that the page begins with: the one that the address names (`?model=` with a name, a fingerprint or a URL), that
 * of the served index, or the compact one. Opening it fetches its manifest; its network comes when it is needed.
 *
 * @param ofIndex fingerprint of the model that made the served index
 */
export async function firstModel(
  ofIndex: string | undefined,
  models: readonly ModelInfo[],
): Promise<ModelInfo | Pick<ModelInfo, 'model' | 'name'>> {
  const asked = new URLSearchParams(location.search).get('model');
  if (asked !== null) {
    const named = models.find(({ fingerprint, name }) => fingerprint === asked || name === asked);
    return named ?? lookAt(/[/:]/.test(asked) ? asked : `models/${asked}/`);
  }
  const made = models.find(({ fingerprint }) => fingerprint === ofIndex);
  const compact = models.find(({ name }) => name === 'vgg16-compact');
  return made ?? compact ?? { model: 'vgg16-compact', name: 'vgg16-compact' };
}
