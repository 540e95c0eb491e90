import { inLanguage } from './labels.ts';
import type { LikenessResult } from './result.ts';

/** A part of a shadow tree: an element with a name for `::part()`, and attributes. Texts are texts, whatever they hold. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  part: string,
  attributes: Record<string, string | number> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (part) element.setAttribute('part', part);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, `${value}`);
  element.append(...children);
  return element;
}

/** Shows results as a list of links. */
export function showResults(list: HTMLElement, results: readonly LikenessResult[], language: string): void {
  list.replaceChildren(
    ...results.map(({ id, distance, page, url, thumbnail, alt, width, height }) => {
      const image = make('img', 'image', { loading: 'lazy', decoding: 'async', width, height });
      image.alt = alt || id.slice(id.lastIndexOf('/') + 1);
      if (thumbnail) image.src = thumbnail;
      const digits = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
      const link = make(
        'a',
        'item',
        {},
        image,
        make('span', 'distance', {}, inLanguage(distance, language, digits)),
      );
      const address = page || url;
      if (address) link.href = address;
      return make('li', 'entry', {}, link);
    }),
  );
}
