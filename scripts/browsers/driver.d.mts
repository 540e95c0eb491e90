/** What a page said: its console's errors and warnings, errors that nobody caught, and lines that begin with `#`. */
export interface Message {
  type: 'error' | 'warning' | 'log';
  text: string;
}

/** A page in any browser. Each call rejects with `BrowserDied` when the browser has gone. */
export interface DrivenPage {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Calls a function in the page and waits for what it promises; arguments and answer are JSON. */
  evaluate<A extends unknown[], T>(body: (...args: A) => T | Promise<T>, ...args: A): Promise<T>;
  /** Polls until `body` gives something truthy, and returns that; `true` for an element. */
  waitFor<A extends unknown[], T>(
    body: (...args: A) => T | Promise<T>,
    args?: A,
    options?: { timeoutMs?: number },
  ): Promise<T>;
  click(selector: string): Promise<void>;
  /** Presses a key and lets it go: `ArrowRight`, `Escape`, `a`; with Shift as `Shift+ArrowRight`. */
  press(key: string): Promise<void>;
  /** Draws with the mouse's button down, by points of the window in CSS pixels. */
  drag(points: readonly [number, number][]): Promise<void>;
  /** Gives files to an `<input type="file">`, as if a person had picked them. */
  setFiles(selector: string, paths: string[]): Promise<void>;
  /** A PNG of what is seen. */
  screenshot(): Promise<Uint8Array>;
  /** What the page has said so far. */
  messages(): Promise<Message[]>;
  close(): Promise<void>;
}

/** A browser under way, with storage of its own that is gone when it is closed. */
export interface DrivenBrowser {
  /** `Chromium`, `Firefox` or `WebKit`. */
  name: BrowserName;
  /** As people say it: `153.8.0`. */
  version: string;
  /** An empty page. */
  open(): Promise<DrivenPage>;
  close(): Promise<void>;
}

export type BrowserName = 'Chromium' | 'Firefox' | 'WebKit';

/** How a browser is come by. */
export interface Driver {
  name: BrowserName;
  /** The flag of `npm test` that asks for it alone. */
  flag: string;
  /** Debian's packages that are missing; none where the browser is found. */
  missing(): string[];
  launch(): Promise<DrivenBrowser>;
}

/** A browser has ended, or does not answer any more. */
export declare class BrowserDied extends Error {}
