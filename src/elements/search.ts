/** `<script type="module" src="/likeness/search.js">`: defines `<likeness-search>`, where there are elements. */
import { define } from './base-element.ts';
import { LikenessSearch } from './search-element.ts';

export type { LikenessElementEventMap, LikenessProgress } from './base-element.ts';
export type { ElementFilter } from './choice.ts';
export type { SearchAttributes } from './frameworks.ts';
export type { LikenessResult } from './result.ts';
export { LikenessSearch } from './search-element.ts';
export type { SearchLabels } from './search-labels.ts';

define('likeness-search', LikenessSearch);
