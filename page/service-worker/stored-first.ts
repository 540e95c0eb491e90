import { Strategy, type StrategyHandler } from 'workbox-strategies';
import { Later } from './later.ts';

/** Writing while a list is drawn would take as long as drawing it. */
const writeMs = 250;
/** Long after a page has drawn what it shows first. */
const askMs = 4000;

/**
 * Answers with what is stored, and asks the server a while later, once, for the next visit: a list of pictures is drawn at once,
 * and a picture that has changed is seen a visit later. What is not stored is fetched, and stored when the list is there.
 */
export class StoredFirst extends Strategy {
  readonly #asked = new Set<string>();
  readonly #write = new Later(writeMs);
  readonly #ask = new Later(askMs);

  protected async _handle(request: Request, handler: StrategyHandler): Promise<Response> {
    this.#write.touch();
    this.#ask.touch();
    const { url } = request;
    const isNew = !this.#asked.has(url);
    this.#asked.add(url);
    const stored = await handler.cacheMatch(request);
    if (stored) {
      // With the network cut it stays what it is.
      if (isNew) handler.waitUntil(this.#ask.add(() => handler.fetchAndCachePut(request)));
      return stored;
    }
    const fetched = await handler.fetch(request);
    const copy = fetched.clone();
    handler.waitUntil(this.#write.add(() => handler.cachePut(request, copy)));
    return fetched;
  }
}
