import type { ChildNode, Document, Element, ParentNode } from 'domhandler';
import { parsePage } from './document.ts';
import { type Offer, parseSrcset } from './srcset.ts';

/** A picture of a page: an `<img>` with what belongs to it. */
export interface PageImage {
  /** What may be shown, the best first: by width, then by density; at the same, the image's own before its sources'. */
  offers: Offer[];
  alt: string | undefined;
  /** Of the figure that it is in. */
  caption: string | undefined;
  /** `data-likeness-year-made="1920"` is `{ yearMade: '1920' }`. */
  meta: Record<string, string>;
  /** Whether it or an element around it has `data-likeness-ignore`. */
  ignored: boolean;
  element: Element;
}

export interface Page {
  title: string | undefined;
  /** `<base href>`. */
  base: string | undefined;
  /** In the order of the document. */
  images: PageImage[];
}

/** What the elements around a node say of it. */
interface Around {
  ignored: boolean;
  figure: Element | undefined;
  picture: Element | undefined;
}

/** Reads what a page says of its pictures. What is in `<template>` is not shown and not read, but for shadow roots. */
export function readPage(bytes: Uint8Array, name: string): Page {
  const page: Page = { title: undefined, base: undefined, images: [] };
  const captions = new Map<Element, string | undefined>();
  for (const { element, around } of elementsOf(parsePage(bytes, name))) {
    const { attribs } = element;
    switch (element.name) {
      case 'title':
        page.title ??= isInSvg(element) ? undefined : textIn(element);
        break;
      case 'base':
        page.base ??= attribs.href;
        break;
      case 'img': {
        const { figure, picture, ignored } = around;
        if (figure && !captions.has(figure)) captions.set(figure, captionOf(figure));
        page.images.push({
          offers: offersOf(element, picture),
          alt: words(attribs.alt),
          caption: figure && captions.get(figure),
          meta: metaOf(attribs),
          ignored,
          element,
        });
      }
    }
  }
  return page;
}

/** All elements in the order of the document. On a stack of its own: broken pages nest without end. */
function* elementsOf(document: Document): Generator<{ element: Element; around: Around }> {
  const stack: { node: ChildNode; around: Around }[] = [];
  const push = (parent: ParentNode, around: Around): void => {
    for (let node = parent.lastChild; node; node = node.prev) stack.push({ node, around });
  };
  push(document, { ignored: false, figure: undefined, picture: undefined });
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node } = next;
    if (!isElement(node)) {
      // A template's content is a node of its own.
      if ('children' in node) push(node, next.around);
      continue;
    }
    const { name, attribs } = node;
    if (name === 'template' && attribs.shadowrootmode === undefined) continue;
    const around: Around = {
      ignored: next.around.ignored || 'data-likeness-ignore' in attribs,
      figure: name === 'figure' ? node : next.around.figure,
      picture: name === 'picture' ? node : next.around.picture,
    };
    yield { element: node, around };
    push(node, around);
  }
}

const isElement = (node: ChildNode): node is Element =>
  node.type === 'tag' || node.type === 'script' || node.type === 'style';

const isInSvg = (element: Element): boolean =>
  element.parent?.type === 'tag' && element.parent.name === 'svg';

/** What `<img>` and the `<source>`s of its `<picture>` name; also where scripts that load late look: `data-src`. */
function offersOf({ attribs }: Element, picture: Element | undefined): Offer[] {
  const offers: Offer[] = [];
  const list = (text: string | undefined): void => {
    if (text !== undefined) offers.push(...parseSrcset(text));
  };
  const one = (url: string | undefined): void => {
    if (url?.trim()) offers.push({ url, density: 1 });
  };
  list(attribs.srcset);
  list(attribs['data-srcset']);
  // What is loaded late takes the place of what is there until then.
  one(attribs['data-src']);
  one(attribs.src);
  for (const node of picture?.children ?? []) {
    if (!isElement(node) || node.name !== 'source') continue;
    list(node.attribs.srcset);
    list(node.attribs['data-srcset']);
  }
  // Sorting keeps the order of equals.
  return offers.sort((a, b) => (b.width ?? 0) - (a.width ?? 0) || b.density - a.density);
}

function captionOf(figure: Element): string | undefined {
  const stack: ChildNode[] = [...figure.children].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (!isElement(node)) continue;
    if (node.name === 'figcaption') return textIn(node);
    stack.push(...[...node.children].reverse());
  }
  return undefined;
}

const silent = new Set(['script', 'style', 'template']);

/** The words within an element, as they are read. */
function textIn(element: Element): string | undefined {
  let text = '';
  const stack: ChildNode[] = [...element.children].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.type === 'text') text += node.data;
    else if (isElement(node) && !silent.has(node.name)) {
      if (node.name === 'br') text += ' ';
      stack.push(...[...node.children].reverse());
    } else if (node.type === 'cdata') stack.push(...[...node.children].reverse());
  }
  return words(text);
}

/** White space as a browser shows it; nothing where there are no words. */
const words = (text: string | undefined): string | undefined =>
  text?.replace(/[\t\n\f\r ]+/g, ' ').trim() || undefined;

const prefix = 'data-likeness-';

/** Names as in `dataset`. */
function metaOf(attribs: Record<string, string>): Record<string, string> {
  const meta: Record<string, string> = {};
  for (const [attribute, value] of Object.entries(attribs)) {
    if (!attribute.startsWith(prefix) || attribute === 'data-likeness-ignore') continue;
    const name = attribute
      .slice(prefix.length)
      .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    // An own property, whatever its name: `__proto__` too.
    if (name) Object.defineProperty(meta, name, { value, enumerable: true });
  }
  return meta;
}
