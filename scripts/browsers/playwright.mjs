// The common driver over Playwright: for Chromium, and for Playwright's own Firefox and WebKit where Debian's are out of reach.
import { unlessDied } from './died.mjs';
import { dragWith } from './drag.mjs';
import { waitFor } from './wait-for.mjs';

const isGone = (error) =>
  /Target (page, context or browser|crashed|closed)|has been closed|crashed/i.test(error.message);

/** @param browser of Playwright, just launched */
export function overPlaywright(name, browser) {
  const gone = new Promise((resolve) =>
    browser.once('disconnected', () => resolve(`${name} is gone (the connection to it was lost)`)),
  );
  return {
    name,
    version: browser.version(),
    async open() {
      const page = await unlessDied(browser.newPage(), gone, isGone);
      page.setDefaultTimeout(0);
      return drivenPage(page, name, gone);
    },
    close: () => browser.close(),
  };
}

function drivenPage(page, name, browserGone) {
  const said = [];
  page.on('pageerror', (error) => said.push({ type: 'error', text: error.stack ?? String(error) }));
  page.on('console', (message) => {
    const type = message.type();
    said.push({ type: type === 'error' || type === 'warning' ? type : 'log', text: message.text() });
  });
  const crashed = new Promise((resolve) => page.once('crash', () => resolve(`the page crashed in ${name}`)));
  const gone = Promise.race([browserGone, crashed]);
  const alive = (promise) => unlessDied(promise, gone, isGone);
  const driven = {
    goto: (url) => alive(page.goto(url)),
    reload: () => alive(page.reload()),
    evaluate: (body, ...args) => alive(page.evaluate(`(${body})(...${JSON.stringify(args)})`)),
    waitFor: (body, args, options) => waitFor(driven, body, args, options),
    click: (selector) => alive(page.click(selector, { timeout: 30_000 })),
    press: (key) => alive(page.keyboard.press(key)),
    drag: (points) => alive(dragWith(page.mouse, points)),
    setFiles: (selector, paths) => alive(page.setInputFiles(selector, paths)),
    screenshot: () => alive(page.screenshot()),
    messages: async () => [...said],
    close: () => alive(page.close()),
  };
  return driven;
}
