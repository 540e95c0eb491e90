import type { LikenessElementEventMap } from './base-element.ts';
import type { ElementFilter } from './choice.ts';
import type { LikenessSearch } from './search-element.ts';
import type { SearchLabels } from './search-labels.ts';
import type { LikenessSimilar, SimilarLabels } from './similar-element.ts';

/** Attributes and properties that the elements have in common, as templates of frameworks take them. */
export interface ElementAttributes<Labels> {
  k?: number | string | undefined;
  index?: string | undefined;
  server?: string | undefined;
  base?: string | undefined;
  filter?: ElementFilter | string | undefined;
  exclude?: Iterable<string> | string | undefined;
  lang?: string | undefined;
  labels?: Partial<Labels> | undefined;
}

/** Of `<likeness-similar>`. */
export interface SimilarAttributes extends ElementAttributes<SimilarLabels> {
  for?: string | undefined;
  htmlFor?: string | undefined;
  src?: string | undefined;
  like?: string | undefined;
}

/** Of `<likeness-search>`. */
export interface SearchAttributes extends ElementAttributes<SearchLabels> {
  library?: string | undefined;
}

type Listener<Name extends keyof LikenessElementEventMap> =
  | ((event: LikenessElementEventMap[Name]) => void)
  | undefined;

/** As React and Svelte listen to events of elements. */
interface Listeners {
  'onlikeness-results'?: Listener<'likeness-results'>;
  'onlikeness-error'?: Listener<'likeness-error'>;
  'onlikeness-progress'?: Listener<'likeness-progress'>;
}

/** `@likeness-results`, as Vue's templates do. */
interface VueListeners {
  onLikenessResults?: Listeners['onlikeness-results'];
  onLikenessError?: Listeners['onlikeness-error'];
  onLikenessProgress?: Listeners['onlikeness-progress'];
}

/** What a framework lets every element have, as it says for `<div>`; nothing where the framework is not there. */
type OfEveryElement<Elements> = Elements extends { div: infer Division }
  ? Omit<Division, 'ref' | keyof SimilarAttributes | keyof SearchAttributes>
  : object;

/** React's `ref`, in words of its own: its types may not be there. */
interface WithRef<Element> {
  ref?: ((element: Element | null) => unknown) | { current: Element | null } | null | undefined;
}

type InReact<Elements, Element, Attributes> = OfEveryElement<Elements> &
  WithRef<Element> &
  Attributes &
  Listeners;

interface InVue<Attributes> {
  new (): {
    $props: Attributes & VueListeners & { id?: string; class?: unknown; style?: unknown };
  };
}

// biome-ignore lint/suspicious/noTsIgnore: where it is there, there is no error to expect
/** @ts-ignore React is not there */
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'likeness-similar': InReact<IntrinsicElements, LikenessSimilar, SimilarAttributes>;
      'likeness-search': InReact<IntrinsicElements, LikenessSearch, SearchAttributes>;
    }
  }
}

// biome-ignore lint/suspicious/noTsIgnore: where it is there, there is no error to expect
/** @ts-ignore Vue is not there */
declare module 'vue' {
  interface GlobalComponents {
    'likeness-similar': InVue<SimilarAttributes>;
    'likeness-search': InVue<SearchAttributes>;
  }
}

declare global {
  namespace svelteHTML {
    interface IntrinsicElements {
      'likeness-similar': OfEveryElement<IntrinsicElements> & SimilarAttributes & Listeners;
      'likeness-search': OfEveryElement<IntrinsicElements> & SearchAttributes & Listeners;
    }
  }
}
