/** The custom elements, with the DOM library, and without the frameworks that their declarations speak of. */

import { LikenessSearch, type SearchAttributes, type SearchLabels } from 'likeness-search/elements/search.js';
import {
  type LikenessProgress,
  type LikenessResult,
  LikenessSimilar,
  type SimilarAttributes,
} from 'likeness-search/elements/similar.js';
import type { Same, Yes } from './exact.ts';

const element = document.createElement('likeness-similar');
element.addEventListener('likeness-error', ({ detail }) => detail.error.code.toUpperCase());
document.addEventListener('likeness-progress', ({ detail }) => detail.done / detail.total);
element.labels = { list: 'More' };
// @ts-expect-error no such text
element.labels = { title: 'More' };
// @ts-expect-error read-only
element.results = [];

export const attributes: SimilarAttributes = { for: 'photo', k: 6 };
export type Checks = [
  Yes<Same<typeof element, LikenessSimilar>>,
  Yes<Same<(typeof element)['results'], readonly LikenessResult[]>>,
  Yes<Same<LikenessProgress['done'], number>>,
];
const search = document.createElement('likeness-search');
export const found: Promise<readonly LikenessResult[]> = search.search(new Blob([]));
search.labels = { choose: 'Pick one' } satisfies Partial<SearchLabels>;
export const searching: SearchAttributes = { k: 12 };
export const asking: SearchAttributes = { server: '/api', base: '/p/', library: '/likeness/' };
element.server = new URL('https://example.org/api');
export const liking: SimilarAttributes = { server: '/api', like: 'a' };
export const isSearch: boolean = search instanceof LikenessSearch;
export const isOne: boolean = element instanceof LikenessSimilar;
