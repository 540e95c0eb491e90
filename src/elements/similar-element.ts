import { LikenessError } from '../base/errors.ts';
import { asLikenessError, LikenessElement } from './base-element.ts';
import { type Choice, choiceOf, WrongAttribute } from './choice.ts';
import { imageOf, namesOf, urlsOf } from './image-names.ts';
import { labelAttributes } from './labels.ts';
import { make, showResults } from './list-view.ts';
import { neighbours } from './neighbours.ts';
import { indexFolder } from './place.ts';
import type { LikenessResult } from './result.ts';
import { similarOn } from './server.ts';
import { forgetSite, openSite, reopenSite, type Site } from './site.ts';
import { listStyles } from './styles.ts';
import { watchImages } from './watch-images.ts';

/** Texts of `<likeness-similar>`. */
export type SimilarLabels = {
  /** Names the list, for those who do not see it. */
  list: string;
};

const texts = { en: { list: 'Similar pictures' }, zh: { list: '相似图片' } };

/** What the attributes ask for. */
interface Asked {
  k: number;
  isGiven: boolean;
  choice: Choice;
}

type Tell = (phase: 'entry' | 'neighbours', done: number) => void;

/** How far below the window an element is filled. */
const rootMargin = '400px';

/**
 * `<likeness-similar for="photo" k="6">`: the pictures most similar to one of the site's, as `likeness site` found them.
 * What is inside the element is shown until they have come, and where they do not come. With `server` and `like` a server
 * is asked.
 *
 * @fires likeness-results, likeness-error, likeness-progress
 */
export class LikenessSimilar extends LikenessElement<SimilarLabels> {
  static readonly observedAttributes: readonly string[] = [
    'for',
    'src',
    'like',
    'k',
    'index',
    'server',
    'base',
    'filter',
    'exclude',
    'lang',
    ...labelAttributes(texts.en),
  ];

  protected override readonly propertyNames: readonly string[] = [
    'for',
    'htmlFor',
    'src',
    'like',
    'k',
    'index',
    'server',
    'base',
    'filter',
    'exclude',
    'labels',
  ];
  protected override readonly texts: { en: SimilarLabels; zh: SimilarLabels } = texts;
  protected override readonly css: string = listStyles;
  protected override readonly defaultK: number = 6;

  readonly #list = make('ul', 'list', { role: 'list' });
  readonly #slot = document.createElement('slot');
  /** What is wrong with an attribute, for who writes the page. */
  readonly #error = make('p', 'error', { role: 'alert' });
  readonly #placeholders = make('ul', 'placeholders', { 'aria-hidden': 'true' });
  /** What is shown, or on its way; nothing before the first time and after a failure. */
  #asked: string | undefined;
  /** Counts what has been asked for: answers to an earlier question are passed over. */
  #run = 0;
  /** The URLs when {@link update} ran last. */
  #seen = '';
  #isNear = false;
  #nearness: IntersectionObserver | undefined;
  #unwatch: (() => void)[] = [];

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).append(this.#list, this.#error, this.#placeholders, this.#slot);
    this.#show(this.#slot);
  }

  /** The id of an `<img>`, or of an element with one inside, in the same tree or in the page. */
  get for(): string {
    return this.getAttribute('for') ?? '';
  }
  set for(id: string) {
    this.set('for', id);
  }

  /** The same as {@link for}, by the name that labels have. */
  get htmlFor(): string {
    return this.for;
  }
  set htmlFor(id: string) {
    this.for = id;
  }

  /** The picture's URL, relative to the page, or its path within the site; `for` comes first. */
  get src(): string {
    return this.getAttribute('src') ?? '';
  }
  set src(url: string | URL) {
    this.set('src', url);
  }

  /** The picture's id, on a server, or its path within the site; it comes before `for` and `src`. */
  get like(): string {
    return this.getAttribute('like') ?? '';
  }
  set like(id: string) {
    this.set('like', id);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const changed = (): void => {
      if (this.#urls().join('\n') !== this.#seen) this.changed();
    };
    for (const tree of new Set([this.getRootNode(), this.ownerDocument]))
      this.#unwatch.push(watchImages(tree, changed));
    const { IntersectionObserver: Observer } = globalThis;
    if (this.#isNear || !Observer) {
      this.#isNear = true;
      return;
    }
    this.#nearness = new Observer(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        this.#isNear = true;
        this.#nearness?.disconnect();
        this.changed();
      },
      { rootMargin },
    );
    this.#nearness.observe(this);
  }

  disconnectedCallback(): void {
    for (const unwatch of this.#unwatch.splice(0)) unwatch();
    this.#nearness?.disconnect();
    this.#run++;
    if (this.results.length === 0) this.#asked = undefined;
  }

  /** Asks again: after a failure, or because the site may have changed. */
  refresh(): void {
    forgetSite(indexFolder(this.index));
    this.#asked = undefined;
    this.changed();
  }

  protected override update(): void {
    const { language, text } = this.label();
    this.#list.setAttribute('aria-label', text.list);
    const urls = this.#urls();
    this.#seen = urls.join('\n');
    const { like, server, base } = this;
    const place = server ? [server, base] : indexFolder(this.index);
    const settings = ['k', 'filter', 'exclude'].map((name) => this.getAttribute(name));
    const asked = JSON.stringify([urls, like, settings, place]);
    if (asked === this.#asked) {
      if (this.results.length > 0) showResults(this.#list, this.results, language);
      return;
    }
    const keepsPlace = this.#asked !== undefined && this.results.length > 0;
    this.#asked = undefined;
    this.#run++;
    this.setResults([]);
    if (urls.length === 0) this.#show(this.#slot);
    else if (keepsPlace || !this.#hasContent()) this.#showPlaceholders();
    else this.#show(this.#slot);
    if (urls.length === 0 || !this.#isNear) return;
    this.#asked = asked;
    void this.#find(urls);
  }

  /** What the picture that is asked about may be called; nothing as long as it is not there. */
  #urls(): string[] {
    if (this.like) return [this.like];
    if (!this.for) return this.src ? [this.src] : [];
    const image = imageOf(this, this.for);
    return image ? urlsOf(image) : [];
  }

  /** Finds and shows; what comes when something else has been asked for is passed over. */
  async #find(urls: string[]): Promise<void> {
    const run = this.#run;
    const isLate = (): boolean => run !== this.#run;
    const progress: Tell = (phase, done) => {
      if (!isLate()) this.emit('likeness-progress', { phase, done, total: 1 });
    };
    try {
      const asked = { ...this.checkedK(), choice: choiceOf(this) };
      const results = await (this.server
        ? this.#ofServer(asked, progress)
        : this.#ofSite(urls, asked, progress));
      progress('neighbours', 1);
      if (isLate()) return;
      this.setResults(results);
      showResults(this.#list, results, this.label().language);
      this.#show(results.length > 0 ? this.#list : this.#slot);
      this.emit('likeness-results', { results: this.results });
    } catch (thrown) {
      if (isLate()) return;
      this.#asked = undefined;
      this.#show(this.#slot);
      const error = asLikenessError(thrown);
      const isHandled = this.emit('likeness-error', { error });
      if (isHandled) return;
      console.warn(`<likeness-similar>: ${error.message}`);
      this.#error.textContent = error.message;
      this.#error.hidden = !(error instanceof WrongAttribute);
    }
  }

  async #ofSite(urls: string[], { k, choice }: Asked, progress: Tell): Promise<LikenessResult[]> {
    progress('entry', 0);
    let site = await openSite(indexFolder(this.index));
    progress('entry', 1);
    const find = (): Promise<LikenessResult[] | undefined> => {
      const names = this.like ? urls : namesOf(site, urls);
      return neighbours(site, this.like || this.for ? names : [...names, this.src], k, choice);
    };
    const results = await find().catch(async (error) => {
      // The site may have been built anew since the page has read its entry.
      const newer = await reopenSite(site);
      if (newer.entry.parts === site.entry.parts) throw error;
      site = newer;
      return find();
    });
    if (!results) throw notInIndex(site, urls);
    return results;
  }

  async #ofServer({ choice, ...count }: Asked, progress: Tell): Promise<LikenessResult[]> {
    const { server, like, base } = this;
    if (!like) throw new WrongAttribute('like', 'missing', "the picture's id on the server");
    progress('neighbours', 0);
    return similarOn(server, like, count, base, choice);
  }

  #hasContent(): boolean {
    return this.childElementCount > 0 || this.textContent?.trim() !== '';
  }

  /** As much room as the list will take, so that nothing moves when it comes. */
  #showPlaceholders(): void {
    const count = Number.isInteger(this.k) ? Math.min(this.k, 60) : 0;
    const cells = Array.from({ length: count }, () =>
      make('li', '', {}, make('i', 'placeholder'), document.createElement('span')),
    );
    this.#placeholders.replaceChildren(...cells);
    this.#show(this.#placeholders);
  }

  #show(shown: HTMLElement): void {
    this.#error.hidden = true;
    for (const part of [this.#list, this.#placeholders, this.#slot]) part.hidden = part !== shown;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'likeness-similar': LikenessSimilar;
  }
}

const notInIndex = (site: Site, urls: readonly string[]): LikenessError =>
  new LikenessError(
    'not-found',
    `${urls.join(', ')} is not in the index ${site.folder}. Was the site indexed after the picture had been added?`,
  );
