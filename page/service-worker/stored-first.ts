import { Strategy, type StrategyHandler } from 'workbox-strategies';
import { Later } from './later.ts';

/** Writing while a list is drawn would take as long as drawing it. */
const writeMs = 250;
/** Each that waits has its picture in memory, in a pipe of its own: while thousands are scrolled through, they are written. */
const mostWaiting = 60;
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
    const write = async (): Promise<void> => void (await handler.cachePut(request, copy));
    handler.waitUntil(this.#write.size < mostWaiting ? this.#write.add(write) : write());
    return fetched;
  }
}
