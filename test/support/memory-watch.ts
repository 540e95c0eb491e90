import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright';

/**
 * Bytes of memory of a browser: the proportional share (PSS) of what its processes have, so that what processes share counts
 * once. On Linux.
 */
export interface BrowserMemory {
  /** Of the renderers: the page, its workers and what they decode. */
  renderers: number;
  /** Of all processes: the browser's own, the GPU's and those of its services too. */
  all: number;
}

/** Looks at a browser's memory again and again. */
export class MemoryWatch {
  readonly #browser: Browser;
  #processes: { id: number; type: string }[] = [];
  #looked = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #most: BrowserMemory = { renderers: 0, all: 0 };

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async start(everyMs = 150): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.#look().catch(() => {}), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The memory of now. */
  async now(): Promise<BrowserMemory> {
    return this.#look();
  }

  /** The most since the last call. */
  async takeMost(): Promise<BrowserMemory> {
    await this.#look();
    const most = this.#most;
    this.#most = { renderers: 0, all: 0 };
    return most;
  }

  async #look(): Promise<BrowserMemory> {
    // Asking the browser takes a while: processes seldom come or go.
    if (performance.now() - this.#looked > 1000) {
      this.#looked = performance.now();
      const session = await this.#browser.newBrowserCDPSession();
      this.#processes = (await session.send('SystemInfo.getProcessInfo')).processInfo;
      await session.detach();
    }
    const now: BrowserMemory = { renderers: 0, all: 0 };
    for (const { id, type } of this.#processes) {
      const bytes = proportionalBytes(id);
      now.all += bytes;
      if (type === 'renderer') now.renderers += bytes;
    }
    for (const key of ['renderers', 'all'] as const) this.#most[key] = Math.max(this.#most[key], now[key]);
    return now;
  }
}

/** Of a process; 0 for one that has ended. */
function proportionalBytes(id: number): number {
  try {
    const rollup = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8');
    return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
