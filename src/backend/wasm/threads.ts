import { LikenessError } from '../../errors.ts';
import type { Candidates, RowSet } from '../backend.ts';
import type { CodeMemory } from './code-memory.ts';
import type { RowMemory } from './row-memory.ts';
import type { Searcher } from './searcher.ts';
import { type FromThread, type ThreadJob, type ThreadStart, type ToThread, work } from './thread.ts';

/** A worker as both platforms have it. */
export interface ThreadPort {
  post(message: ToThread): void;
  /** Called with each message; with an error when the worker fails. */
  listen(onMessage: (message: FromThread | Error) => void): void;
  end(): void;
}

/** Parts of a job for each thread: a thread that is slower does fewer; more parts would mean more passes over the rows. */
const partsPerThread = 2;
/** Terms (queries · rows · values) below which waking threads takes longer than the work. */
const fewestTerms = 1 << 22;

/** Threads that share rows and codes with the one that calls. */
export class Threads {
  readonly #ports: ThreadPort[];
  readonly #waiting = new Map<string, { resolve(answer: FromThread): void; reject(error: Error): void }>();
  #jobs = 0;

  private constructor(ports: ThreadPort[]) {
    this.#ports = ports;
    for (const [at, port] of ports.entries()) {
      port.listen((message) => {
        if (message instanceof Error) {
          for (const [key, { reject }] of this.#waiting) if (key.startsWith(`${at}/`)) reject(message);
        } else if (!('ready' in message)) {
          const key = `${at}/${message.id}`;
          this.#waiting.get(key)?.resolve(message);
        } else this.#waiting.get(`${at}/0`)?.resolve(message);
      });
    }
  }

  /** Starts threads 1 … of a layout; rejects when one does not start. */
  static async start(
    create: () => Promise<ThreadPort>,
    { build, dimension, layout }: ThreadStart,
  ): Promise<Threads> {
    const ports: ThreadPort[] = [];
    try {
      for (let thread = 1; thread < layout.threads; thread++) ports.push(await create());
      const threads = new Threads(ports);
      await Promise.all(
        ports.map((port, at) =>
          threads.#ask(at, 0, () =>
            port.post({ start: { build, dimension, layout: { ...layout, thread: at + 1 } } }),
          ),
        ),
      );
      return threads;
    } catch (error) {
      for (const port of ports) port.end();
      throw error;
    }
  }

  /** As `Backend.candidates`; the calling thread works as well. */
  async candidates(
    searcher: Searcher,
    rows: RowMemory,
    codes: CodeMemory | undefined,
    queries: Float32Array,
    k: number,
    skip: RowSet | undefined,
  ): Promise<Candidates[]> {
    const d = rows.dimension;
    const count = queries.length / d;
    if (count < 2 || count * rows.count * d < fewestTerms) return searcher.candidates(queries, k, skip);

    const shared = new Float32Array(new SharedArrayBuffer(queries.byteLength));
    shared.set(queries);
    const parts = partsPerThread * (this.#ports.length + 1);
    const job: ThreadJob = {
      rows: rows.share(),
      codes: codes?.share(),
      queries: shared,
      k,
      skip,
      part: Math.ceil(count / parts),
      next: new Int32Array(new SharedArrayBuffer(4)),
    };
    const id = ++this.#jobs;
    const others = this.#ports.map((port, at) => this.#ask(at, id, () => port.post({ id, job })));
    const found: Candidates[] = new Array(count);
    // A tick for the messages to leave before this thread works on.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const own = work(searcher, d, job);
    const settled = await Promise.all(others);
    const answers = settled.map((message) => ('answer' in message ? message.answer : []));
    for (const [query, candidates] of [own, ...answers].flat()) found[query] = candidates;
    const failed = settled.find((message) => 'error' in message);
    if (failed && 'error' in failed) {
      throw new LikenessError('no-backend', `A thread of the search failed: ${failed.error}`);
    }
    return found;
  }

  close(): void {
    for (const port of this.#ports) port.end();
    for (const { reject } of this.#waiting.values()) {
      reject(new LikenessError('closed', 'This index was closed; create another.'));
    }
  }

  #ask(at: number, id: number, send: () => void): Promise<FromThread> {
    const key = `${at}/${id}`;
    return new Promise<FromThread>((resolve, reject) => {
      this.#waiting.set(key, { resolve, reject });
      send();
    }).finally(() => this.#waiting.delete(key));
  }
}
