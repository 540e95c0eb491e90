/** `<script type="module" src="/likeness/similar.js">`: defines `<likeness-similar>`, where there are elements. */
import { define } from './base-element.ts';
import { LikenessSimilar } from './similar-element.ts';

export type { LikenessElementEventMap, LikenessProgress } from './base-element.ts';
export type { ElementFilter } from './choice.ts';
export type { SimilarAttributes } from './frameworks.ts';
export type { LikenessResult } from './result.ts';
export { LikenessSimilar, type SimilarLabels } from './similar-element.ts';

define('likeness-similar', LikenessSimilar);
