// Runs tests in one browser and counts them. A browser that dies is started again once for each file. Tests that have a
// result are not run again.
import { BrowserDied } from './died.mjs';

/** Results are asked for again after so long: soon at first, as most files take no time. */
const pausesMs = { first: 10, longest: 200 };
/** Longer than any test takes, on a loaded machine too. */
const longestSilenceMs = 5 * 60_000;
/** An empty page is there in a second. WebKit's driver stood still at one, once in some thousand. */
const longestOpeningMs = 60_000;

export class Side {
  passed = 0;
  failed = 0;
  /** Reason → how many tests. */
  #notRun = new Map();
  #restarts = 0;
  #driver;
  #browser;
  #print;

  /**
   * @param {import('./driver.d.mts').Driver} driver
   * @param {(text: string) => void} print
   */
  constructor(driver, print) {
    this.#driver = driver;
    this.#print = print;
  }

  async browser() {
    this.#browser ??= await this.#driver.launch();
    return this.#browser;
  }

  get name() {
    return this.#driver.name;
  }

  /**
   * Runs the tests of a bundle in a page of its own: what one file leaves behind cannot help or hurt the next.
   *
   * @param title as it is printed
   * @param page URL of an empty page of the tests' server
   * @param module URL of the bundle
   */
  async runModule(title, page, module) {
    this.#print(`▶ ${title} (${this.name})`);
    let answered = 0;
    let left = 0;
    let reason = '';
    const report = (result) => {
      answered++;
      if (result.isFile) [left, reason] = [left + 1, result.skipped];
      this.#count(result);
    };
    const ran = await this.#survive(title, async () => {
      const open = await inTime(this.browser().then((browser) => browser.open()));
      try {
        await inTime(open.goto(page));
        const heard = { at: Date.now() };
        const heardOf = (result) => {
          heard.at = Date.now();
          report(result);
        };
        await unlessSilent(runModule(open, module, answered, heardOf, this.#print), heard);
      } finally {
        await soon(open.close());
      }
    });
    if (left > 0) this.#print(`  ﹣ ${left} tests, not run: ${reason}`);
    if (ran && answered === 0) this.#count({ name: 'the file registered no test', error: '', ms: 0 });
  }

  /** Runs a test that drives the browser itself. */
  async runFlow(name, body) {
    const start = performance.now();
    const ms = () => performance.now() - start;
    await this.#survive(name, async () => {
      try {
        await unlessSilent(body(await this.browser()), { at: Date.now() });
        this.#count({ name, ms: ms() });
      } catch (error) {
        if (error instanceof BrowserDied) throw error;
        this.#count({ name, ms: ms(), error: error.stack ?? String(error) });
        await this.close(); // what it left may be stuck
      }
    });
  }

  async #survive(title, body) {
    for (let again = false; ; again = true) {
      try {
        await body();
        return true;
      } catch (error) {
        await this.close();
        if (again || !(error instanceof BrowserDied)) {
          this.#count({ name: title, ms: 0, error: error.stack ?? String(error) });
          return false;
        }
        this.#restarts++;
        this.#print(`  ↻ ${error.message}; it is started again`);
      }
    }
  }

  #count({ name, ms, error, skipped, isFile }) {
    if (error !== undefined) this.failed++;
    else if (skipped === undefined) this.passed++;
    else if (this.name === 'Chromium')
      return this.#count({ name, ms, error: `not run: ${skipped}` }); // has all we need
    else this.#notRun.set(skipped, (this.#notRun.get(skipped) ?? 0) + 1);
    if (isFile) return;
    const sign = error !== undefined ? '✖' : skipped !== undefined ? '﹣' : '✔';
    this.#print(
      `  ${sign} ${name} (${skipped === undefined ? `${ms.toFixed(0)}ms` : `not run: ${skipped}`})`,
    );
    if (error) this.#print(error.replace(/^/gm, '      '));
  }

  async close() {
    const browser = this.#browser;
    this.#browser = undefined;
    if (browser) await soon(browser.close());
  }

  /** Prints the counts; returns whether all is well. */
  async end() {
    const { version } = await this.browser();
    await this.close();
    for (const [reason, count] of this.#notRun) this.#print(`${count} not run: ${reason}`);
    if (this.#restarts > 0) this.#print(`${this.name} died and was started again ${this.#restarts} times`);
    this.#print(`${this.passed} passed, ${this.failed} failed (${this.name} ${version})`);
    return this.failed === 0;
  }
}

/** What opens a page; a browser that does not, stands still, and no test has begun. */
async function inTime(opening) {
  let timer;
  const late = new Promise((_, failed) => {
    const error = new BrowserDied(`An empty page was not there after ${longestOpeningMs / 1000} s`);
    timer = setTimeout(() => failed(error), longestOpeningMs);
  });
  opening.catch(() => {});
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until something has ended, for a limited time. */
const soon = (ending) =>
  Promise.race([ending.catch(() => {}), new Promise((done) => setTimeout(done, 15_000).unref())]);

/** Runs `work`. It has failed when nothing is heard of it for too long; it is not tried again. */
async function unlessSilent(work, heard) {
  let timer;
  const silence = new Promise((_, failed) => {
    timer = setInterval(() => {
      if (Date.now() - heard.at < longestSilenceMs) return;
      failed(new Error(`No answer for ${longestSilenceMs / 60_000} minutes.`));
    }, 1000);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearInterval(timer);
  }
}

/** Has a page run a bundle's tests from number `from` on, and reports each result as it comes. */
async function runModule(page, module, from, report, print) {
  await page.evaluate(
    (url, first) => {
      const run = { results: [], done: false };
      globalThis.__run = run;
      import(url)
        .then(({ needs }) =>
          globalThis.__runTests({ first, needs, report: (result) => run.results.push(result) }),
        )
        .catch((error) => run.results.push({ name: url, ms: 0, error: `${error}\n${error?.stack ?? ''}` }))
        .finally(() => {
          run.done = true;
        });
    },
    module,
    from,
  );
  let told = 0;
  let pauseMs = pausesMs.first;
  for (let at = 0; ; ) {
    const { results, done } = await page.evaluate(
      (start) => ({ results: globalThis.__run.results.slice(start), done: globalThis.__run.done }),
      at,
    );
    const messages = await page.messages();
    for (const { type, text } of messages.slice(told)) {
      if (type !== 'log' || text.startsWith('#')) print(`  ${text}`);
    }
    told = messages.length;
    for (const result of results) report(result);
    at += results.length;
    if (done && results.length === 0) return;
    if (done) continue;
    await new Promise((next) => setTimeout(next, pauseMs));
    pauseMs = Math.min(2 * pauseMs, pausesMs.longest);
  }
}
