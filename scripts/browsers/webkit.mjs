// WebKit: WebKitGTK's MiniBrowser by its WebDriver, Debian's or another that is found; else Playwright's own build.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../debian.mjs';
import { BrowserDied, unlessDied } from './died.mjs';
import { launchPlaywrightBuild } from './playwright-builds.mjs';
import { waitFor } from './wait-for.mjs';
import { command, startSession, WebDriverError } from './webdriver.mjs';
import { missingForDisplay, openDisplay } from './xvfb.mjs';

const pageConsole = readFileSync(new URL('./page-console.js', import.meta.url), 'utf8');

const find = () => findExecutable('WEBKIT_DRIVER_PATH', ['WebKitWebDriver']);

export const webkit = {
  name: 'WebKit',
  flag: '--webkit',
  missing: () => [...(find() ? [] : ['webkit2gtk-driver']), ...missingForDisplay()],
  launch: async () => {
    const path = find();
    return path ? launchWebKitGtk(path) : launchPlaywrightBuild('WebKit');
  },
};

/** Each page has a driver and a browser of its own: a driver has one session, and a browser's pages share their storage. */
async function launchWebKitGtk(driverPath) {
  const display = await openDisplay();
  const open = new Set();
  const start = async () => {
    const page = await startPage(driverPath, display.env);
    open.add(page);
    return page;
  };
  let first;
  try {
    first = await start();
  } catch (error) {
    display.close();
    throw error;
  }
  let ready = first;
  return {
    name: 'WebKit',
    version: first.version,
    async open() {
      const page = ready ?? (await start());
      ready = undefined;
      return page;
    },
    async close() {
      for (const page of open) await page.close().catch(() => {});
      display.close();
    },
  };
}

async function startPage(driverPath, displayEnv) {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-webkit-'));
  const port = await freePort();
  const child = spawn(driverPath, [`--port=${port}`], {
    stdio: 'ignore',
    detached: true, // with a group of its own, which ends with it
    env: {
      ...process.env,
      ...displayEnv,
      // No person's settings and no session bus: where there is none, looking for it takes long.
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      XDG_CONFIG_HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CACHE_HOME: folder,
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      GSETTINGS_BACKEND: 'memory',
      NO_AT_BRIDGE: '1',
    },
  });
  const gone = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(`WebKit’s driver ended (${signal ?? `code ${code}`})`)),
  );
  let session;
  const alive = (promise) =>
    unlessDied(promise, gone, async (error) => {
      if (!(error instanceof WebDriverError))
        return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code);
      // The command during which a page crashes ends with an "unknown error"; the next one knows that there is no session.
      return error.isNoSession || (error.error === 'unknown error' && !(await session?.isThere()));
    });
  const kill = () => {
    process.off('exit', kill);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {} // has ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.on('exit', kill);
  try {
    await alive(listening(port));
    session = await alive(startSession(port, {}));
  } catch (error) {
    kill();
    throw error;
  }
  // WebDriver tells nothing of a page's console, and a page of an ephemeral session does not print it either. What a
  // page says before it has loaded is lost, unless it loads page-console.js itself.
  const said = [];
  const listen = () => alive(session.evaluate(`() => { ${pageConsole} }`, []));
  const keep = async () =>
    said.push(...(await alive(session.evaluate('() => globalThis.__said?.splice(0) ?? []', []))));
  const page = {
    version: session.version,
    async goto(url) {
      await alive(session.goto(url));
      await listen();
    },
    async reload() {
      await keep();
      await alive(session.reload());
      await listen();
    },
    evaluate: (body, ...args) => alive(session.evaluate(body, args)),
    waitFor: (body, args, options) => waitFor(page, body, args, options),
    click: (selector) => alive(session.click(selector)),
    press: (key) => alive(session.press(key)),
    drag: (points) => alive(session.drag(points)),
    setFiles: (selector, paths) => alive(session.setFiles(selector, paths)),
    screenshot: () => alive(session.screenshot()),
    async messages() {
      await keep();
      return [...said];
    },
    async close() {
      await Promise.race([session.end().catch(() => {}), new Promise((done) => setTimeout(done, 5000))]);
      kill();
    },
  };
  return page;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      return await command(port, 'GET', '/status');
    } catch (error) {
      if (Date.now() > until) throw new BrowserDied('WebKit’s driver does not answer.', { cause: error });
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
