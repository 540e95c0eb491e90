import { LikenessError } from '../base/errors.ts';
import { attributeOf, type ElementFilter, givenBy, WrongAttribute } from './choice.ts';
import { type Labels, labelsOf, languageOf } from './labels.ts';
import type { LikenessResult } from './result.ts';
import { adoptStyles } from './styles.ts';

declare global {
  interface GlobalEventHandlersEventMap extends LikenessElementEventMap {}
}

/** What of an element goes on. */
export interface LikenessProgress {
  /** What is being loaded or done. */
  phase: 'entry' | 'neighbours' | 'records' | 'library' | 'model' | 'codes' | 'extract' | 'search';
  /** How much of it is done: bytes of `model` and `codes`, else a number of steps. */
  done: number;
  total: number;
}

/** Events of both elements. They bubble and leave shadow trees. */
export interface LikenessElementEventMap {
  /** A list has come and is shown, the nearest picture first. */
  'likeness-results': CustomEvent<{ results: readonly LikenessResult[] }>;
  /** Something failed. Unless `preventDefault()` is called, `<likeness-similar>` writes a warning to the console. */
  'likeness-error': CustomEvent<{ error: LikenessError }>;
  'likeness-progress': CustomEvent<LikenessProgress>;
}

/** Where there is no DOM (a server, a test in Node) the module can still be imported: a class that is not made there. */
interface Base extends HTMLElement {}
const Base = (globalThis.HTMLElement ?? class {}) as { new (): Base; prototype: Base };

/** Attributes, properties, texts, styles and events that the elements have in common. */
export abstract class LikenessElement<Own extends Labels> extends Base {
  #labels: Partial<Own> = {};
  #results: readonly LikenessResult[] = Object.freeze([]);
  #isPending = false;

  /** Properties that a framework may have set before the element was defined: they hide the accessors. */
  protected abstract readonly propertyNames: readonly string[];
  protected abstract readonly texts: { en: Own; zh: Own };
  protected abstract readonly css: string;
  /** Called once after any number of changes of attributes, of texts, or of the place in the document. */
  protected abstract update(): void;

  /** The folder with `index.json`: a URL, relative to the page. Default: where this script lies, else `/likeness/`. */
  get index(): string {
    return this.getAttribute('index') ?? '';
  }
  set index(url: string | URL) {
    this.set('index', url);
  }

  /** The API of a server (`likeness serve --api`) that is asked in the place of an index: a URL, relative to the page. */
  get server(): string {
    return this.getAttribute('server') ?? '';
  }
  set server(url: string | URL) {
    this.set('server', url);
  }

  /** With a server: what its relative URLs, and ids without a URL, are relative to. Default: the page. */
  get base(): string {
    return this.getAttribute('base') ?? '';
  }
  set base(url: string | URL) {
    this.set('base', url);
  }

  /** How many pictures are shown. */
  get k(): number {
    const given = this.getAttribute('k');
    return given === null ? this.defaultK : Number(given);
  }
  set k(count: number) {
    this.set('k', count);
  }

  protected abstract readonly defaultK: number;

  /**
   * Which pictures may be shown: `{ meta: { colour: 'red', year: { min: 2020 } } }` or a list of ids, as
   * `ImageSearch.query` takes it. The attribute is the same as JSON. `undefined` also where that is no JSON.
   */
  get filter(): ElementFilter | undefined {
    return givenBy(this, 'filter') as ElementFilter | undefined;
  }
  set filter(filter: ElementFilter | string | undefined) {
    this.set('filter', attributeOf(filter));
  }

  /** Ids of pictures that are not shown; the attribute is a list in JSON. */
  get exclude(): readonly string[] | undefined {
    return givenBy(this, 'exclude') as readonly string[] | undefined;
  }
  set exclude(ids: Iterable<string> | string | undefined) {
    this.set('exclude', attributeOf(ids));
  }

  /** Texts of the element in place of its own, by their names. Attributes `data-label-…` do the same. */
  get labels(): Partial<Own> {
    return this.#labels;
  }
  set labels(labels: Partial<Own>) {
    this.#labels = { ...labels };
    this.changed();
  }

  /** What is shown, the nearest picture first. */
  get results(): readonly LikenessResult[] {
    return this.#results;
  }

  connectedCallback(): void {
    for (const name of this.propertyNames) {
      if (!Object.hasOwn(this, name)) continue;
      const own = this as Record<string, unknown>;
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
    adoptStyles(this.shadowRoot!, this.css);
    this.changed();
  }

  /** A style sheet is of one document. */
  adoptedCallback(): void {
    adoptStyles(this.shadowRoot!, this.css);
  }

  attributeChangedCallback(): void {
    this.changed();
  }

  protected changed(): void {
    if (this.#isPending || !this.isConnected) return;
    this.#isPending = true;
    queueMicrotask(() => {
      this.#isPending = false;
      if (this.isConnected) this.update();
    });
  }

  /**
   * How many pictures are wanted, and whether the page says so: a server may give fewer than the element's own number.
   *
   * @throws WrongAttribute where the attribute `k` is no number of pictures
   */
  protected checkedK(): { k: number; isGiven: boolean } {
    const { k } = this;
    if (Number.isInteger(k) && k > 0) return { k, isGiven: this.hasAttribute('k') };
    const came = JSON.stringify(this.getAttribute('k'));
    throw new WrongAttribute('k', came, 'a whole number from 1');
  }

  protected set(name: string, value: unknown): void {
    if (value === undefined || value === null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  protected label(): { language: string; text: Own } {
    const language = languageOf(this);
    return { language, text: labelsOf(this, this.texts, language, this.#labels) };
  }

  protected setResults(results: LikenessResult[]): void {
    this.#results = Object.freeze(results);
  }

  /** @returns whether a listener has taken care of it */
  protected emit<Name extends keyof LikenessElementEventMap>(
    name: Name,
    detail: LikenessElementEventMap[Name]['detail'],
  ): boolean {
    const cancelable = name === 'likeness-error';
    return !this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }
}

/** Defines an element, where there are elements and no version of it is defined yet. */
export function define(name: string, element: CustomElementConstructor): void {
  const { customElements } = globalThis;
  if (customElements && !customElements.get(name)) customElements.define(name, element);
}

export const asLikenessError = (error: unknown): LikenessError =>
  error instanceof LikenessError
    ? error
    : new LikenessError('bad-file', error instanceof Error ? error.message : String(error), { cause: error });
