// A W3C WebDriver session over HTTP, as far as the tests need one.
import { request } from 'node:http';

/** Of an element in WebDriver's answers. */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

/** Keys that are no letters, as WebDriver's standard numbers them. */
const keyCodes = {
  Tab: '\ue004',
  Enter: '\ue007',
  Shift: '\ue008',
  Control: '\ue009',
  Alt: '\ue00a',
  Escape: '\ue00c',
  End: '\ue010',
  Home: '\ue011',
  ArrowLeft: '\ue012',
  ArrowUp: '\ue013',
  ArrowRight: '\ue014',
  ArrowDown: '\ue015',
};

function keyActions(keys) {
  const values = keys.split('+').map((key) => keyCodes[key] ?? key);
  const down = values.map((value) => ({ type: 'keyDown', value }));
  const up = values.toReversed().map((value) => ({ type: 'keyUp', value }));
  return { type: 'key', id: 'keyboard', actions: [...down, ...up] };
}

function dragActions(points) {
  const moves = points.map(([x, y]) => ({
    type: 'pointerMove',
    duration: 50,
    x: Math.round(x),
    y: Math.round(y),
  }));
  const [first, ...rest] = moves;
  const actions = [first, { type: 'pointerDown', button: 0 }, ...rest, { type: 'pointerUp', button: 0 }];
  return { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions };
}

/** The longest that a script in a page may take: as long as a timer holds. */
const longestMs = 2 ** 31 - 1;

/** An answer of WebDriver that is an error, by its name in the standard. */
export class WebDriverError extends Error {
  constructor({ error, message }) {
    super(`${error}: ${message}`);
    this.error = error;
  }

  get isNoSession() {
    return ['invalid session id', 'session not created', 'no such window'].includes(this.error);
  }
}

/** A command; rejects with {@link WebDriverError}, or as `node:http` does when nobody is there. */
export function command(port, method, path, body) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('error', reject);
      answer.on('end', () => {
        try {
          const { value } = JSON.parse(text);
          if (answer.statusCode < 400) resolve(value);
          else reject(new WebDriverError(value));
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.on('error', reject);
    asked.end(method === 'POST' ? JSON.stringify(body ?? {}) : undefined);
  });
}

/** Starts a browser by a driver that listens on `port`. */
export async function startSession(port, capabilities) {
  const { sessionId, capabilities: got } = await command(port, 'POST', '/session', {
    capabilities: { alwaysMatch: capabilities },
  });
  const on = (method, path, body) => command(port, method, `/session/${sessionId}${path}`, body);
  await on('POST', '/timeouts', { script: longestMs, pageLoad: longestMs });
  const element = async (selector) => {
    const found = await on('POST', '/element', { using: 'css selector', value: selector });
    return found[elementKey];
  };
  return {
    version: got.browserVersion,
    goto: (url) => on('POST', '/url', { url }),
    reload: () => on('POST', '/refresh'),
    /** Calls a function in the page, which may promise what it answers. */
    async evaluate(body, args) {
      const script = `
        const done = arguments[arguments.length - 1];
        (async () => (${body})(...${JSON.stringify(args)}))().then(
          (value) => done({ value }),
          (error) => done({ error: error instanceof Error ? error.name + ': ' + error.message + '\\n' + error.stack : String(error) }),
        );`;
      const answer = await on('POST', '/execute/async', { script, args: [] });
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    },
    click: async (selector) => on('POST', `/element/${await element(selector)}/click`),
    press: (keys) => on('POST', '/actions', { actions: [keyActions(keys)] }),
    drag: (points) => on('POST', '/actions', { actions: [dragActions(points)] }),
    setFiles: async (selector, paths) =>
      on('POST', `/element/${await element(selector)}/value`, { text: paths.join('\n') }),
    screenshot: async () => Buffer.from(await on('GET', '/screenshot'), 'base64'),
    isThere: () =>
      on('GET', '/url').then(
        () => true,
        () => false,
      ),
    end: () => on('DELETE', ''),
  };
}
