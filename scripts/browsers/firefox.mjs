// Firefox: Debian's or another that is found, by WebDriver BiDi; else Playwright's own build.
import { findExecutable } from '../debian.mjs';
import { unlessDied } from './died.mjs';
import { dragWith, pressWith } from './drag.mjs';
import { launchPlaywrightBuild } from './playwright-builds.mjs';
import { waitFor } from './wait-for.mjs';

const find = () =>
  findExecutable(
    'FIREFOX_PATH',
    ['firefox-esr', 'firefox'],
    ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
  );

export const firefox = {
  name: 'Firefox',
  flag: '--firefox',
  missing: () => (find() ? [] : ['firefox-esr']),
  launch: async () => {
    const path = find();
    return path ? launchFirefox(path) : launchPlaywrightBuild('Firefox');
  },
};

async function launchFirefox(executablePath) {
  const { launch } = await import('puppeteer-core');
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    protocolTimeout: 0, // a test's page answers when the test is done
    args: ['--remote-allow-system-access'],
    // Puppeteer would close the browser and leave us waiting for it; test.mjs ends the process instead.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  await stopWatchingWorkers(browser.connection);
  const child = browser.process();
  const gone = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(`Firefox ended (${signal ?? `code ${code}`})`));
    browser.once('disconnected', () => resolve('the connection to Firefox was lost'));
  });
  const [, version] = /(\d[\d.]*)/.exec(await browser.version());
  return {
    name: 'Firefox',
    version,
    open: async () => {
      const context = await unlessDied(browser.createBrowserContext(), gone, isGone);
      return drivenPage(await unlessDied(context.newPage(), gone, isGone), gone);
    },
    close: async () => {
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await browser.close().catch(() => child.kill('SIGKILL'));
      clearTimeout(kill);
    },
  };
}

/**
 * While WebDriver BiDi (or DevTools) watches workers, `new Worker` within a worker may block that worker for ever: Firefox
 * 153 waits there for the watcher, and on a loaded machine one time in thirty its signal goes to the wrong thread. The
 * tests do not need to watch workers.
 */
async function stopWatchingWorkers(connection) {
  const { result } = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const stop = `ChromeUtils.importESModule(
    'chrome://remote/content/shared/js-process-actors/WebDriverWorkerListenerActor.sys.mjs',
  ).unregisterWebDriverWorkerListenerActor()`;
  const { result: answer } = await connection.send('script.evaluate', {
    expression: stop,
    target: { context: result.contexts[0].context },
    awaitPromise: true,
  });
  // Other versions may not watch at all.
  if (answer.type === 'exception')
    console.error(`Firefox goes on watching workers: ${answer.exceptionDetails.text}`);
}

const isGone = (error) =>
  /Target closed|Session closed|Connection closed|browsing context.*(closed|discarded)|no such frame/i.test(
    error.message,
  );

function drivenPage(page, gone) {
  const said = [];
  page.on('pageerror', (error) => said.push({ type: 'error', text: error.stack ?? String(error) }));
  page.on('console', (message) => {
    const type = { error: 'error', warn: 'warning', warning: 'warning' }[message.type()] ?? 'log';
    said.push({ type, text: message.text() });
  });
  page.setDefaultTimeout(0);
  const alive = (promise) => unlessDied(promise, gone, isGone);
  const element = (selector) => alive(page.waitForSelector(selector, { timeout: 30_000 }));
  const driven = {
    goto: (url) => alive(page.goto(url)),
    reload: () => alive(page.reload()),
    evaluate: (body, ...args) => alive(page.evaluate(`(${body})(...${JSON.stringify(args)})`)),
    waitFor: (body, args, options) => waitFor(driven, body, args, options),
    click: async (selector) => alive((await element(selector)).click()),
    press: (key) => alive(pressWith(page.keyboard, key)),
    drag: (points) => alive(dragWith(page.mouse, points)),
    setFiles: async (selector, paths) => alive((await element(selector)).uploadFile(...paths)),
    screenshot: () => alive(page.screenshot()),
    messages: async () => [...said],
    close: () => alive(page.browserContext().close()),
  };
  return driven;
}
