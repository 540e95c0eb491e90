import type { AssetLocation } from '../../assets/resolve.ts';
import { type ErrorCode, LikenessError } from '../../base/errors.ts';

/** How a program has a thread started in a page. */
export interface ThreadStart {
  assets?: AssetLocation | undefined;
  worker?: (() => Worker) | undefined;
}

/** A worker as both platforms have it. */
export interface Port {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** Called with each message; with an error when the worker fails. */
  listen(onMessage: (message: unknown) => void, onError: (error: Error) => void): void;
  end(): void;
}

/** What is asked of a thread, and its answer. */
export interface Request<T> {
  id: number;
  ask: T;
}
export type Answer = { id: number } & ({ answer: unknown } | { error: string; code?: ErrorCode | undefined });

/** Questions to one thread, answered in any order. */
export class ThreadPort<Ask> {
  readonly #port: Port;
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #asked = 0;
  #failure: Error | undefined;

  constructor(port: Port) {
    this.#port = port;
    port.listen(
      (message) => {
        const answer = message as Answer;
        const waiting = this.#waiting.get(answer.id);
        this.#waiting.delete(answer.id);
        if ('answer' in answer) waiting?.resolve(answer.answer);
        else waiting?.reject(new LikenessError(answer.code ?? 'no-backend', answer.error));
      },
      (error) =>
        this.#fail(new LikenessError('no-backend', `A thread of the search failed: ${error.message}`)),
    );
  }

  ask(ask: Ask, transfer?: ArrayBuffer[]): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.post({ id, ask } satisfies Request<Ask>, transfer);
    });
  }

  end(): void {
    this.#port.end();
    this.#fail(new LikenessError('closed', 'This index was closed; create another.'));
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Starts threads; rejects, with none left, when one does not start. */
export async function startThreads<Ask>(
  count: number,
  create: () => Promise<Port>,
  start: (at: number) => Ask,
): Promise<ThreadPort<Ask>[]> {
  const threads: ThreadPort<Ask>[] = [];
  try {
    for (let at = 0; at < count; at++) threads.push(new ThreadPort(await create()));
    await Promise.all(threads.map((thread, at) => thread.ask(start(at))));
    return threads;
  } catch (error) {
    for (const thread of threads) thread.end();
    throw error;
  }
}
