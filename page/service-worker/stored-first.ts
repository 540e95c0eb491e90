import { Strategy, type StrategyHandler } from 'workbox-strategies';

/** Long after a page has drawn what it shows first. */
const restMs = 4000;

/**
 * Answers with what is stored, and asks the server a while later, once, for the next visit: a list of pictures is drawn at once,
 * and a picture that has changed is seen a visit later. What is not stored is fetched.
 */
export class StoredFirst extends Strategy {
  readonly #asked = new Set<string>();

  protected async _handle(request: Request, handler: StrategyHandler): Promise<Response> {
    const stored = await handler.cacheMatch(request);
    if (!stored) return handler.fetchAndCachePut(request);
    const { url } = request;
    if (!this.#asked.has(url)) {
      this.#asked.add(url);
      const rest = new Promise((done) => setTimeout(done, restMs));
      // With the network cut it stays what it is.
      handler.waitUntil(rest.then(() => handler.fetchAndCachePut(request)).catch(() => {}));
    }
    return stored;
  }
}
