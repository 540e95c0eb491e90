import { type ErrorCode, LikenessError } from './errors.ts';
import { Mutex } from './lock.ts';

/** One end of a line to another thread: a worker, the inside of one, a `MessagePort`. */
export interface Port {
  post(message: unknown, transfer: Transferable[]): void;
  listen(hear: (message: Message) => void): void;
  /** Told when calls begin to wait for their answers, and when none does any more. */
  wait?(isWaiting: boolean): void;
}

/** The methods of `T` that can be called from another thread: those that return promises. */
export type Calls<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => Promise<unknown> ? K : never]: T[K];
};

/** Another thread, as whoever started it has it. */
export interface Remote<T> {
  readonly calls: Calls<T>;
  /** Ends the thread. Calls under way and later ones reject with the reason. */
  end(reason: Error): unknown;
}

/** What is posted, either way; all of one call have its number. */
interface Message {
  id: number;
  /** A call; `live` names what its last argument has besides: functions, and `signal`. */
  call?: [method: string, args: unknown[], live: string[]];
  abort?: true;
  /** One of those functions is called. */
  tell?: [name: string, args: unknown[]];
  answer?: unknown;
  error?: { name: string; message: string; stack?: string | undefined; code?: ErrorCode };
}

type Functions = Record<string, (...args: unknown[]) => unknown>;
/** What cannot be posted. */
type Live = Functions & { signal?: AbortSignal };

interface Waiting {
  live: Live;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Of a picture among a call's arguments: `args[0][0].source`. */
const itemDepth = 3;

const transfers = new WeakMap<object, Transferable[]>();

/** Has `value` hand over these buffers and bitmaps when it is posted, among a call's arguments or as its answer. */
export function transfer<T extends object>(value: T, list: Transferable[]): T {
  transfers.set(value, list);
  return value;
}

/** What is handed over with a value, or with what it holds as far down as `depth`. */
export function transferOf(value: unknown, depth = 0, list: Transferable[] = []): Transferable[] {
  if (typeof value !== 'object' || value === null) return list;
  list.push(...(transfers.get(value) ?? []));
  if (depth > 0 && !ArrayBuffer.isView(value))
    for (const member of Object.values(value)) transferOf(member, depth - 1, list);
  return list;
}

/**
 * Calls what is behind a port. The last argument of a call may have a `signal` and functions: the other side gets a signal
 * that follows it, and functions that call back until the call is answered.
 */
export function connect<T>(port: Port): { calls: Calls<T>; fail(error: unknown): void } {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let failure: { error: unknown } | undefined;

  port.listen(({ id, tell, answer, error }) => {
    const call = waiting.get(id);
    if (!call) return;
    if (tell) {
      try {
        call.live[tell[0]]!(...tell[1]);
      } catch (thrown) {
        port.post({ id, abort: true }, []);
        call.reject(thrown);
      }
    } else if (error) call.reject(call.live.signal?.aborted ? call.live.signal.reason : errorOf(error));
    else call.resolve(answer);
  });

  const ask = (method: string, ...args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (failure) throw failure.error;
      const id = ++last;
      const { live, posted } = split(args);
      const { signal } = live;
      const abort = (): void => port.post({ id, abort: true }, []);
      const ended =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          signal?.removeEventListener('abort', abort);
          if (waiting.delete(id) && waiting.size === 0) port.wait?.(false);
          settle(value);
        };
      // First, as it may throw.
      port.post({ id, call: [method, posted, Object.keys(live)] }, transferOf(posted, itemDepth));
      if (waiting.size === 0) port.wait?.(true);
      waiting.set(id, { live, resolve: ended(resolve), reject: ended(reject) });
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort);
    });

  const get = (_: unknown, method: string) => ask.bind(undefined, method);
  return {
    calls: new Proxy({}, { get }) as Calls<T>,
    fail(error) {
      failure ??= { error };
      for (const call of waiting.values()) call.reject(failure.error);
    },
  };
}

/** Takes out of the last argument what cannot be posted. */
function split(args: unknown[]): { live: Live; posted: unknown[] } {
  const options = args.at(-1) as object | undefined;
  const live: Live = {};
  const rest: Record<string, unknown> = {};
  if (options?.constructor === Object) {
    for (const [name, value] of Object.entries(options)) {
      if (typeof value === 'function' || (name === 'signal' && value)) live[name] = value as Live[string];
      else rest[name] = value;
    }
  }
  const isAll = Object.keys(live).length === 0;
  return { live, posted: isAll ? args : [...args.slice(0, -1), rest] };
}

/**
 * Answers the calls that come through a port.
 *
 * @param targetOf what has a method
 * @param inTurn each call is answered before the next begins; else all begin in the order in which they came
 */
export function serve(port: Port, targetOf: (method: string) => object, inTurn = false): void {
  const running = new Map<number, AbortController>();
  const mutex = inTurn && new Mutex();
  const answer = async (id: number, [method, args, live]: NonNullable<Message['call']>): Promise<void> => {
    const options = args.at(-1) as Record<string, unknown>;
    const { signal } = running.get(id)!;
    for (const name of live) {
      options[name] =
        name === 'signal' ? signal : (...told: unknown[]) => port.post({ id, tell: [name, told] }, []);
    }
    try {
      const answer = await (targetOf(method) as Functions)[method]!(...args);
      port.post({ id, answer }, transferOf(answer));
    } catch (error) {
      port.post({ id, error: posted(error) }, []);
    }
    running.delete(id);
  };
  port.listen(({ id, call, abort }) => {
    if (abort) running.get(id)?.abort();
    if (!call) return;
    running.set(id, new AbortController());
    void (mutex ? mutex.run(() => answer(id, call)) : answer(id, call));
  });
}

/** An error as it crosses: its class stays behind, but for what {@link LikenessError} says. */
function posted(error: unknown): NonNullable<Message['error']> {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, ...(error instanceof LikenessError ? { code: error.code } : {}) };
}

function errorOf({ code, message, ...rest }: NonNullable<Message['error']>): Error {
  return code ? new LikenessError(code, message) : Object.assign(new Error(message), rest);
}

/** A port of the DOM's kind: a page's worker, the inside of one, a `MessagePort`. */
export const domPort = (port: {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  start?(): void;
}): Port => ({
  post: (message, list) => port.postMessage(message, list),
  listen(hear) {
    port.addEventListener('message', ({ data }) => hear(data));
    port.start?.();
  },
});
