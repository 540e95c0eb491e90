import type { Site } from './site.ts';

/** The image that an id names: an `<img>`, or the first one in what has the id; in the element's tree, else in the page. */
export function imageOf(element: Element, id: string): HTMLImageElement | undefined {
  const root = element.getRootNode() as Document | ShadowRoot;
  const found = root.getElementById?.(id) ?? document.getElementById(id);
  return (found?.localName === 'img' ? found : found?.querySelector('img')) as HTMLImageElement | undefined;
}

/** All URLs that an image may show, in the order of the document. */
export function urlsOf(image: HTMLImageElement): string[] {
  const sources =
    image.parentElement?.localName === 'picture' ? image.parentElement.querySelectorAll('source') : [];
  return [
    image.getAttribute('src') ?? '',
    ...[image, ...sources].flatMap((from) => urlsOfSet(from.getAttribute('srcset') ?? '')),
  ].filter((url) => url !== '');
}

/** `a.jpg 1x, b,c.jpg 2x`: a comma ends a URL at its end only. */
const urlsOfSet = (srcset: string): string[] =>
  [...srcset.matchAll(/([^\s,]\S*[^\s,])(?:\s[^,]*)?(?:,|$)/g)].map(([, url]) => url!);

/** Paths within the site that URLs of a page stand for, each once. */
export const namesOf = (site: Site, urls: readonly string[]): string[] => [
  ...new Set(urls.map((url) => site.pathOf(url)).filter((path) => path !== undefined)),
];
