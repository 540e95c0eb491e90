import type { LikenessError } from '../base/errors.ts';
import { asLikenessError, LikenessElement, type LikenessProgress } from './base-element.ts';
import { choiceOf } from './choice.ts';
import { engineOf, type SearchEngine } from './engine.ts';
import { inLanguage, labelAttributes } from './labels.ts';
import { make, showResults } from './list-view.ts';
import { leavePastes, takePastes } from './pastes.ts';
import { drawPreview, mayBePicture, type PickedPicture, pictureIn } from './picked-picture.ts';
import { indexFolder, libraryFolder } from './place.ts';
import type { LikenessResult } from './result.ts';
import { filled, labelOf, type SearchLabels, searchTexts } from './search-labels.ts';
import { searchStyles } from './search-styles.ts';
import { serverEngineOf } from './server-engine.ts';

declare global {
  interface HTMLElementTagNameMap {
    'likeness-search': LikenessSearch;
  }
}

/** What is said below the controls. */
type Said = { label: keyof SearchLabels; values?: Record<string, string> };

/**
 * `<likeness-search>`: searches a static site's pictures, or a server's, with one of the visitor's own. Until a picture is picked, it loads
 * nothing but its script; then it says what a search will load, and asks. The picture stays on the device;
 * a server gets its vector. What is inside the element is shown until there are results.
 *
 * @fires likeness-results, likeness-error, likeness-progress
 */
export class LikenessSearch extends LikenessElement<SearchLabels> {
  static readonly observedAttributes: readonly string[] = [
    'k',
    'index',
    'server',
    'base',
    'library',
    'filter',
    'exclude',
    'lang',
    ...labelAttributes(searchTexts.en),
  ];

  protected override readonly propertyNames: readonly string[] = [
    'k',
    'index',
    'server',
    'base',
    'library',
    'filter',
    'exclude',
    'labels',
  ];
  protected override readonly texts: { en: SearchLabels; zh: SearchLabels } = searchTexts;
  protected override readonly css: string = searchStyles;
  protected override readonly defaultK: number = 12;

  readonly #chooseButton = make('button', 'button choose', { type: 'button' });
  readonly #cameraButton = make('button', 'button camera', { type: 'button' });
  readonly #file = make('input', '', { type: 'file', accept: 'image/*', hidden: '', tabindex: -1 });
  readonly #photo = make('input', '', {
    type: 'file',
    accept: 'image/*',
    capture: 'environment',
    hidden: '',
    tabindex: -1,
  });
  readonly #hint = make('span', 'hint');
  readonly #drop = make('div', 'drop', {}, this.#chooseButton, this.#cameraButton, this.#hint);
  readonly #preview = make('canvas', 'preview', { role: 'img' });
  readonly #name = make('span', 'name');
  readonly #searchButton = make('button', 'button search', { type: 'button' });
  readonly #progress = make('progress', 'progress');
  readonly #cancelButton = make('button', 'button cancel', { type: 'button' });
  readonly #query = make(
    'div',
    'query',
    {},
    this.#preview,
    this.#name,
    this.#searchButton,
    this.#progress,
    this.#cancelButton,
  );
  readonly #status = make('p', 'status', { role: 'status' });
  readonly #list = make('ul', 'list', { role: 'list' });
  readonly #slot = document.createElement('slot');

  #picked: PickedPicture | undefined;
  #said: Said | undefined;
  /** Whether the picture was searched with, or is. */
  #isAsked = false;
  /** `filter` and `exclude` when {@link update} ran last. */
  #chosen = '';
  /** Bytes that a search would load, while it waits for a yes. */
  #offered: number | undefined;
  #work: AbortController | undefined;

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).append(
      this.#drop,
      this.#file,
      this.#photo,
      this.#query,
      this.#status,
      this.#list,
      this.#slot,
    );
    this.#cameraButton.hidden = !globalThis.matchMedia?.('(pointer: coarse)').matches;
    this.#query.hidden = this.#list.hidden = this.#progress.hidden = true;
    this.#chooseButton.onclick = () => this.#file.click();
    this.#cameraButton.onclick = () => this.#photo.click();
    for (const input of [this.#file, this.#photo]) {
      input.onchange = () => {
        const [file] = input.files ?? [];
        if (file) this.#pick({ picture: file, name: file.name });
        input.value = ''; // the same file again is a change, too
      };
    }
    this.#searchButton.onclick = () => void this.#search();
    this.#cancelButton.onclick = () => this.#cancel();
    this.#listenToDrops();
  }

  /**
   * With a server: the folder with `likeness.js`, relative to the page, a copy of the package's `dist/web/`. Default: that
   * folder where this script lies in the package, else where the script lies, else `/likeness/`.
   */
  get library(): string {
    return this.getAttribute('library') ?? '';
  }
  set library(url: string | URL) {
    this.set('library', url);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    takePastes(this);
  }

  disconnectedCallback(): void {
    leavePastes(this);
    this.#work?.abort();
  }

  /**
   * Searches with a picture, as if a visitor had picked it and said yes to what it loads.
   *
   * @throws LikenessError as `likeness-error` tells it; the reason of the abort where another picture came
   */
  async search(picture: Blob): Promise<readonly LikenessResult[]> {
    this.#take({ picture, name: (picture as Partial<File>).name ?? '' });
    return this.#run(async (engine, signal) => this.#find(engine, signal));
  }

  /** @internal What was pasted into the page. */
  async pasted(data: DataTransfer | null): Promise<void> {
    const picked = await pictureIn(data, '');
    if (picked) this.#pick(picked);
  }

  protected override update(): void {
    this.#noteChoice();
    const { text, language } = this.label();
    this.#chooseButton.textContent = text.choose;
    this.#cameraButton.textContent = text.camera;
    this.#hint.textContent = text.hint;
    this.#cancelButton.textContent = text.cancel;
    this.#list.setAttribute('aria-label', text.list);
    this.#progress.setAttribute('aria-label', text.loading);
    const name = this.#picked?.name ?? '';
    this.#preview.setAttribute('aria-label', filled(text.query, { name }));
    this.#name.textContent = name;
    this.#searchButton.hidden = this.#offered === undefined;
    if (this.#offered !== undefined) {
      const size = inLanguage(this.#offered / 1e6, language, {
        style: 'unit',
        unit: 'megabyte',
        maximumFractionDigits: 1,
      });
      this.#searchButton.textContent = filled(text.search, { size });
    }
    this.#cancelButton.hidden = this.#offered === undefined && this.#work === undefined;
    const said = this.#said ? filled(text[this.#said.label], this.#said.values ?? {}) : '';
    if (this.#status.textContent !== said) this.#status.textContent = said;
    if (!this.#list.hidden) showResults(this.#list, this.results, language);
  }

  /** Other attributes `filter` and `exclude` are checked at once, and what is shown is searched for anew. */
  #noteChoice(): void {
    const chosen = JSON.stringify([this.getAttribute('filter'), this.getAttribute('exclude')]);
    if (chosen === this.#chosen) return;
    this.#chosen = chosen;
    try {
      choiceOf(this);
    } catch (error) {
      this.#work?.abort();
      this.#fail(asLikenessError(error));
      return;
    }
    if (this.#said?.label === 'wrong') this.#said = undefined;
    if (this.#isAsked) void this.#run(async (engine, signal) => this.#find(engine, signal)).catch(() => {});
  }

  #listenToDrops(): void {
    const over = (isOver: boolean): void => void this.#drop.classList.toggle('over', isOver);
    this.addEventListener('dragover', (event) => {
      if (!mayBePicture(event.dataTransfer)) return;
      event.preventDefault();
      over(true);
    });
    this.addEventListener('dragleave', (event) => {
      if (!this.contains(event.relatedTarget as Node | null)) over(false);
    });
    this.addEventListener('drop', (event) => {
      over(false);
      if (!mayBePicture(event.dataTransfer)) return;
      event.preventDefault();
      void pictureIn(event.dataTransfer, '').then((picked) => picked && this.#pick(picked));
    });
  }

  /** Takes a picture for the next search; an earlier one ends. */
  #take(picked: PickedPicture): void {
    this.#work?.abort();
    this.#work = undefined;
    this.#picked = picked;
    this.#isAsked = false;
    this.#offered = undefined;
    this.#query.hidden = false;
    this.#preview.hidden = true;
    void drawPreview(this.#preview, picked.picture).then((isDrawn) => {
      if (this.#picked === picked) this.#preview.hidden = !isDrawn;
    });
    this.#say(undefined);
  }

  /** Says what a search takes, and waits for a yes, or begins where all of it is here. */
  #pick(picked: PickedPicture): void {
    this.#take(picked);
    void this.#run(async (engine, signal) => {
      const { bytes, isKept } = await engine.plan(signal);
      if (isKept) return this.#find(engine, signal);
      const hadFocus = this.shadowRoot!.activeElement !== null;
      this.#offered = bytes;
      this.update();
      if (hadFocus) this.#searchButton.focus();
      return [];
    }).catch(() => {});
  }

  async #search(): Promise<void> {
    const hadFocus = this.shadowRoot!.activeElement === this.#searchButton;
    this.#offered = undefined;
    const run = this.#run(async (engine, signal) => this.#find(engine, signal));
    if (hadFocus) this.#cancelButton.focus();
    await run.catch(() => {});
  }

  #cancel(): void {
    this.#work?.abort();
    this.#work = undefined;
    this.#picked = undefined;
    this.#offered = undefined;
    this.#query.hidden = this.#progress.hidden = true;
    this.#say(undefined);
    this.#chooseButton.focus();
  }

  /** Does work on the picture; what goes wrong is said and told. */
  async #run(
    work: (engine: SearchEngine, signal: AbortSignal) => Promise<readonly LikenessResult[]>,
  ): Promise<readonly LikenessResult[]> {
    this.#work?.abort();
    const own = new AbortController();
    this.#work = own;
    this.update();
    try {
      return await work(this.#engine(), own.signal);
    } catch (thrown) {
      if (own.signal.aborted) throw thrown;
      const error = asLikenessError(thrown);
      this.#fail(error);
      throw error;
    } finally {
      if (this.#work === own) {
        this.#work = undefined;
        this.#progress.hidden = true;
        const hadFocus = this.shadowRoot!.activeElement === this.#cancelButton;
        this.update();
        if (hadFocus && this.#cancelButton.hidden) this.#chooseButton.focus();
      }
    }
  }

  #engine(): SearchEngine {
    const { server } = this;
    return server ? serverEngineOf(server, libraryFolder(this.library)) : engineOf(indexFolder(this.index));
  }

  async #find(engine: SearchEngine, signal: AbortSignal): Promise<readonly LikenessResult[]> {
    this.#isAsked = true;
    const { k, isGiven } = this.checkedK();
    const results = await engine.find(this.#picked!.picture, k, {
      signal,
      choice: choiceOf(this),
      isGiven,
      base: this.base,
      onProgress: (progress) => {
        if (!signal.aborted) this.#showProgress(progress);
      },
    });
    this.setResults(results);
    this.#list.hidden = results.length === 0;
    this.#slot.hidden = results.length > 0;
    const count = `${results.length}`;
    this.#say(results.length > 0 ? { label: 'found', values: { count } } : { label: 'none' });
    this.emit('likeness-results', { results: this.results });
    return this.results;
  }

  #showProgress(progress: LikenessProgress): void {
    const { phase, done, total } = progress;
    const isLoading = ['library', 'codes', 'model'].includes(phase);
    this.#progress.hidden = !isLoading;
    if (phase === 'model' && total > 0) this.#progress.value = done / total;
    else this.#progress.removeAttribute('value');
    this.#say({ label: isLoading ? 'loading' : 'looking' });
    this.emit('likeness-progress', progress);
  }

  #fail(error: LikenessError): void {
    const name = this.#picked?.name || '?';
    this.#say({ label: labelOf(error), values: { name, message: error.message } });
    const isHandled = this.emit('likeness-error', { error });
    if (!isHandled) console.warn(`<likeness-search>: ${error.message}`);
  }

  #say(said: Said | undefined): void {
    this.#said = said;
    this.update();
  }
}
