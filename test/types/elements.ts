/** The custom elements, with the DOM library, and without the frameworks that their declarations speak of. */
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
export const isOne: boolean = element instanceof LikenessSimilar;
