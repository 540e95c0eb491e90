import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from '../../scripts/chromium.mjs';
import { likeness, root, samples } from '../support/cli.ts';
import { visitPage } from '../support/page.ts';
import { ask, openSocket, parseAnswer, sendRaw } from '../support/raw-http.ts';

/** What a URL gives a meaning to, what it may not hold as it is, and what is written in two ways. */
const names = [
  'plain.jpg',
  '$&,+;=@.jpg',
  'a#b.jpg',
  'what?.jpg',
  'what?x=1&y=2.jpg',
  '100%.jpg',
  '%2e%2e%2f.jpg',
  '%zz.jpg',
  'two  spaces.jpg',
  ` quotes'"\`.jpg`,
  '-o.jpg',
  '--host=x.jpg',
  '[1](2){3}|4^5~6*!.jpg',
  '<img src=x>.jpg',
  'back\\slash.jpg',
  'a:b.jpg',
  'http:%2f%2fexample.org.jpg',
  'café.jpg'.normalize('NFC'),
  'cafe\u0301s.jpg',
  '日本語 🖼️.jpg',
  'Ünïcode/a#b/c?d/100%/e+f g.jpg',
  'a..b...jpg',
  'line\nbreak.jpg',
];
const big = 'big.jpg';
const bigBytes = 40 << 20;
const url = (name: string): string => `/pictures/${name.split('/').map(encodeURIComponent).join('/')}`;

let folder: string;
let pictures: string;
let index: string;
let child: ChildProcess;
let port: number;
let complaints = '';
let slow: ReturnType<typeof sendSlowly>;

/** Starts `likeness serve` and resolves with its port. */
async function start(...args: string[]): Promise<{ child: ChildProcess; port: number; url: string }> {
  const server = spawn(process.execPath, [join(root, 'dist/node/cli.js'), 'serve', '--port', '0', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server.stderr.on('data', (text) => {
    complaints += text;
  });
  const address = await new Promise<string>((found, failed) => {
    server.stdout.on('data', (text) => {
      const shown = /http:\S+/.exec(String(text))?.[0];
      if (shown) found(shown);
    });
    server.on('exit', (code) => failed(new Error(`likeness serve ended with ${code}: ${complaints}`)));
  });
  return { child: server, port: Number(new URL(address).port), url: address };
}

async function stop(server: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (server.exitCode !== null) return server.exitCode;
  const ended = once(server, 'exit');
  server.kill(signal);
  return (await ended)[0];
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-serve-'));
  pictures = join(folder, 'pictures');
  index = join(folder, 'index');
  for (const name of [...names, big, 'out.jpg', 'in.jpg', 'gone.jpg', 'cut.jpg', 'grows.jpg']) {
    const path = join(pictures, name);
    await mkdir(dirname(path), { recursive: true });
    await copyFile(join(samples, 'A001.jpeg'), path);
  }
  const { code, stderr } = await likeness('index', pictures, '-o', index);
  assert.equal(code, 0, stderr);
  // What a person did with the folder since.
  const secret = join(folder, 'secret.jpg');
  await copyFile(join(samples, 'A002.jpeg'), secret);
  await appendFile(secret, 'secret');
  await writeFile(join(pictures, '.env'), 'secret');
  await writeFile(join(pictures, 'id_rsa'), 'secret');
  await writeFile(join(pictures, 'new.jpg'), 'not in the index');
  await rm(join(pictures, 'out.jpg'));
  await symlink(secret, join(pictures, 'out.jpg'));
  await rm(join(pictures, 'in.jpg'));
  await symlink('plain.jpg', join(pictures, 'in.jpg'));
  await rm(join(pictures, 'gone.jpg'));
  for (const name of [big, 'cut.jpg', 'grows.jpg']) await truncate(join(pictures, name), bigBytes);
  ({ child, port } = await start('-i', index));
  slow = sendSlowly(); // while the others ask
});
after(async () => {
  if (child) await stop(child);
  await rm(folder, { recursive: true, force: true });
});

/** Opens connections that come to no end; resolves when the server has closed all of them. */
async function sendSlowly(): Promise<{ sockets: number; ms: number }> {
  const starts = ['', 'GET /', 'GET / HTTP/1.1\r\nHost: localhost\r\n'];
  const began = Date.now();
  const closed = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const socket = await openSocket(port);
      const end = once(socket, 'close');
      socket.resume();
      socket.write(starts[n % 3]!);
      const drip = setInterval(() => n % 3 === 2 && socket.write(`X-${n}: y\r\n`), 500);
      return end.finally(() => clearInterval(drip));
    }),
  );
  return { sockets: closed.length, ms: Date.now() - began };
}

/** The process is the one that was started, and answers. */
async function isWell(): Promise<void> {
  assert.equal(child.exitCode, null, complaints);
  assert.equal((await ask(port, url('plain.jpg'))).status, 200);
}

describe('likeness serve', () => {
  test('sends pictures whatever their names', async () => {
    const wanted = await readFile(join(samples, 'A001.jpeg'));
    for (const name of names) {
      const { status, headers, body } = await ask(port, url(name));
      assert.equal(status, 200, name);
      assert.ok(body.equals(wanted), name);
      assert.equal(headers.get('content-type'), 'image/jpeg');
    }
  });

  test('the page shows them, and a name where a picture is gone', async () => {
    const browser = await launchChromium();
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://localhost:${port}/`);
      await page.waitForFunction(() => document.querySelector('.rows li') !== null);
      // Rows far from the window are not drawn: it is made as high as all of them.
      await page.setViewportSize({ width: 1280, height: 4000 });
      const count = Number(await page.locator('.rows li').first().getAttribute('aria-setsize'));
      await page.waitForFunction((wanted) => document.querySelectorAll('.rows li').length === wanted, count);
      await page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>('.rows img')].every(
          ({ complete, naturalWidth }) => complete && naturalWidth > 0,
        ),
      );
      const absent = await page.locator('.rows .absent').allInnerTexts();
      assert.deepEqual(absent.sort(), ['gone.jpg', 'out.jpg']);
      const shown = await page
        .locator('.rows a:has(img)')
        .evaluateAll((links) => links.map((link) => (link as HTMLElement).title));
      for (const name of names) assert.ok(shown.includes(name), name);
      await context.close();
      // Another page, and nothing in the console: the policy allows what it needs.
      const other = await start();
      try {
        await visitPage(browser, other.url, async (visited) => {
          await visited.setInputFiles('#add-files', join(samples, 'A001.jpeg'));
          await visited.waitForFunction(() =>
            document.querySelector('#pictures-title')?.textContent?.startsWith('1 picture'),
          );
        });
      } finally {
        await stop(other.child);
      }
    } finally {
      await browser.close();
    }
  });

  test('ranges, by RFC 9110', async () => {
    const whole = await readFile(join(pictures, 'plain.jpg'));
    const size = whole.length;
    const huge = '9'.repeat(20);
    const cases: [range: string, first: number, last: number][] = [
      ['bytes=0-0', 0, 0],
      ['bytes=5-9', 5, 9],
      ['bytes=-5', size - 5, size - 1],
      [`bytes=${size - 3}-`, size - 3, size - 1],
      [`bytes=7-${huge}`, 7, size - 1],
      [`bytes=-${huge}`, 0, size - 1],
      [`bytes=-${size + 1}`, 0, size - 1],
      ['BYTES=1-2', 1, 2],
      ['bytes=0-4, 5-9', 0, 9],
      [`bytes=3-4,${huge}-`, 3, 4],
    ];
    for (const [range, first, last] of cases) {
      const { status, headers, body } = await ask(port, url('plain.jpg'), { lines: [`Range: ${range}`] });
      assert.equal(status, 206, range);
      assert.equal(headers.get('content-range'), `bytes ${first}-${last}/${size}`, range);
      assert.equal(headers.get('content-length'), String(last - first + 1), range);
      assert.ok(body.equals(whole.subarray(first, last + 1)), range);
    }
    for (const range of [`bytes=${size}-`, `bytes=${huge}-`, `bytes=${huge}-${huge}9`, 'bytes=-0']) {
      const { status, headers } = await ask(port, url('plain.jpg'), { lines: [`Range: ${range}`] });
      assert.equal(status, 416, range);
      assert.equal(headers.get('content-range'), `bytes */${size}`, range);
    }
    // Not well formed, another unit, several parts: all of it is an answer, too.
    const many = Array.from({ length: 500 }, (_, n) => `${2 * n}-${2 * n}`).join(',');
    const whatever = ['bytes=5-1', 'bytes=-', 'bytes=', 'bytes', '', '5-9', 'bytes=a-b', 'bytes=0x1-2'];
    whatever.push('bytes=1e1-20', 'bytes=1.5-2', 'bytes=--5', 'bytes=1-2-3', 'bytes=1-2,x', 'bytes=1-2,');
    whatever.push('items=0-5', 'bytes=0-1,7-8', `bytes=${many}`, 'bytes=\u00e9-1', 'bytes=NaN-1');
    for (const range of whatever) {
      const { status, body } = await ask(port, url('plain.jpg'), { lines: [`Range: ${range}`] });
      assert.equal(status, 200, range);
      assert.ok(body.equals(whole), range);
    }
    await isWell();
  });

  test('If-Range, conditional requests and HEAD', async () => {
    const first = await ask(port, url('plain.jpg'));
    const modified = first.headers.get('last-modified')!;
    const tag = first.headers.get('etag')!;
    const partly = async (value: string): Promise<number> =>
      (await ask(port, url('plain.jpg'), { lines: ['Range: bytes=0-3', `If-Range: ${value}`] })).status;
    assert.equal(await partly(modified), 206);
    assert.equal(await partly('Thu, 01 Jan 1970 00:00:00 GMT'), 200);
    assert.equal(await partly('Fri, 01 Jan 2100 00:00:00 GMT'), 200);
    assert.equal(await partly(tag), 200, 'a weak tag promises no equal bytes');
    assert.equal(await partly('nonsense'), 200);
    const none = await ask(port, url('plain.jpg'), { lines: [`If-None-Match: ${tag}`] });
    assert.deepEqual([none.status, none.body.length], [304, 0]);
    const since = await ask(port, url('plain.jpg'), { lines: [`If-Modified-Since: ${modified}`] });
    assert.equal(since.status, 304);
    const match = await ask(port, url('plain.jpg'), { lines: ['If-Match: "other"'] });
    assert.equal(match.status, 412);
    for (const target of [
      url('plain.jpg'),
      '/index/features.npy',
      '/index/index.likeness',
      '/',
      '/models/index.json',
    ]) {
      const head = await ask(port, target, { method: 'HEAD', lines: ['Range: bytes=0-3'] });
      const get = await ask(port, target);
      assert.deepEqual([head.status, head.body.length], [200, 0], target);
      assert.equal(head.headers.get('content-length'), get.headers.get('content-length'), target);
      assert.equal(Number(get.headers.get('content-length')), get.body.length, target);
    }
  });

  test('answers to its own names only', async () => {
    for (const host of [
      'localhost',
      `localhost:${port}`,
      'LOCALHOST',
      'localhost.',
      '127.0.0.1:80',
      '[::1]:1',
    ]) {
      assert.equal((await ask(port, url('plain.jpg'), { host })).status, 200, host);
    }
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      '[::2]',
    ];
    foreign.push(
      'localhost@evil.example',
      'evil.example/localhost',
      'localhost:80:80',
      'local%68ost',
      '*',
      '::1',
    );
    for (const host of foreign) {
      for (const target of ['/', url('plain.jpg'), '/index/features.npy', '/dist/web/likeness.js']) {
        const { status, body } = await ask(port, target, { host });
        assert.ok([400, 403].includes(status), `${host} ${status}`);
        assert.ok(!body.includes('<html') && body.length < 200, host);
      }
    }
    // None, two, an empty one, and one inside the target.
    assert.equal((await ask(port, '/', { host: '' })).status, 400);
    assert.ok((await ask(port, '/', { lines: ['Host: evil.example'] })).status >= 400);
    assert.ok((await sendRaw(port, 'GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n')).status >= 400);
    assert.ok((await sendRaw(port, 'GET / HTTP/1.0\r\n\r\n')).status >= 400);
    assert.equal((await ask(port, 'http://evil.example/')).status, 400);
  });

  test('--allow-host adds names; a server on all addresses answers to addresses, not to names', async () => {
    const named = await start('--allow-host', 'Pictures.example', '--allow-host', 'bücher.example');
    try {
      const status = async (host: string): Promise<number> => (await ask(named.port, '/', { host })).status;
      assert.equal(await status('pictures.example:81'), 200);
      assert.equal(await status('xn--bcher-kva.example'), 200);
      assert.equal(await status('localhost'), 200);
      assert.equal(await status('other.example'), 403);
    } finally {
      await stop(named.child);
    }
    const everywhere = await start('--host', '0.0.0.0');
    try {
      const status = async (host: string): Promise<number> =>
        (await ask(everywhere.port, '/', { host })).status;
      assert.match(everywhere.url, /^http:\/\/localhost:/);
      assert.equal(await status('192.168.1.5:8080'), 200);
      assert.equal(await status('[fe80::1]'), 200);
      assert.equal(await status('evil.example'), 403);
    } finally {
      await stop(everywhere.child);
    }
    const { code, stderr } = await likeness('serve', '--allow-host', 'http://a/b', '--port', '0');
    assert.equal(code, 2);
    assert.match(stderr, /A name like example\.org is wanted/);
  });

  test('every answer forbids frames, foreign pages, referrers and guessing of types', async () => {
    for (const target of [
      '/',
      url('plain.jpg'),
      '/dist/web/likeness.js',
      '/index/index.json',
      '/nothing',
      '/%zz',
    ]) {
      const { headers } = await ask(port, target);
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', target);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', target);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', target);
      assert.equal(headers.get('x-frame-options'), 'DENY', target);
      assert.match(
        headers.get('content-security-policy')!,
        /default-src '(self|none)'.*frame-ancestors 'none'/,
      );
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', target);
      assert.equal(headers.get('access-control-allow-origin'), undefined, target);
    }
    const policy = (await ask(port, url('plain.jpg'))).headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'none'.*sandbox/);
  });

  test('nothing but what the page needs and the index names', async () => {
    const up = [
      '..',
      '%2e%2e',
      '.%2e',
      '%252e%252e',
      '..%2f..',
      '..%5c..',
      '..\\..',
      '%c0%ae%c0%ae',
      '%e0%80%ae.',
    ];
    const targets = up.flatMap((dots) =>
      ['pictures', 'dist', 'models', 'models/vgg16-compact', 'index', ''].flatMap((below) =>
        [1, 2, 5].map((depth) => `/${below}/${Array(depth).fill(dots).join('/')}/secret.jpg`),
      ),
    );
    targets.push(
      '/pictures/.env',
      '/pictures/id_rsa',
      '/pictures/new.jpg',
      '/pictures/',
      '/pictures',
      '/pictures/out.jpg',
    );
    targets.push(
      '/pictures/plain.jpg%00',
      '/pictures/plain.jpg%00.png',
      '/pictures//plain.jpg',
      '//pictures/plain.jpg',
    );
    targets.push(
      '/pictures/./plain.jpg',
      '/pictures/plain.jpg/',
      '/pictures/PLAIN.jpg',
      '/pictures%2fplain.jpg',
    );
    targets.push(
      '/pictures/%FF.jpg',
      '/pictures/cafe%CC.jpg',
      '/dist/.built',
      '/dist',
      '/dist/',
      '/dist/types',
      '/dist/../package.json',
    );
    targets.push(
      '/models/vgg16-compact/README.md',
      '/models/vgg16-compact/',
      '/models/__proto__/x',
      '/__proto__/x',
      '/constructor/x',
    );
    targets.push(
      '/package.json',
      '/index/index-1.likeness',
      '/index/',
      '/index',
      '/etc/passwd',
      '//etc/passwd',
      '/%2fetc/passwd',
    );
    targets.push(
      `/pictures/${'a'.repeat(5000)}.jpg`,
      `/pictures/${'a/'.repeat(3000)}b.jpg`,
      '*',
      'pictures/plain.jpg',
    );
    for (const target of targets) {
      const { status, body } = await ask(port, target);
      assert.ok(status === 400 || status === 404, `${target}: ${status}`);
      assert.ok(!body.includes('secret'), target);
    }
    assert.equal((await ask(port, '/pictures/in.jpg')).status, 200, 'a link that stays inside');
    assert.equal((await ask(port, '/pictures/plain.jpg?x=../..#y')).status, 200);
    assert.match(complaints, /"out\.jpg" is a link that leads out of/);
    const linked = await start('-i', index, '--follow-links');
    try {
      assert.equal((await ask(linked.port, '/pictures/out.jpg')).body.includes('secret'), true);
      assert.equal((await ask(linked.port, '/pictures/new.jpg')).status, 404);
    } finally {
      await stop(linked.child);
    }
    await isWell();
  });

  test('an index by somebody else names files that are no pictures: they are not sent', async () => {
    const ids = ['id_rsa', 'key.jpg', '../secret.jpg', '.env', 'plain.jpg', 'secret.jpg/../secret.jpg'];
    await writeFile(join(folder, 'ids.json'), JSON.stringify(ids));
    const features = Buffer.alloc(128 + ids.length * 512 * 4);
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ids.length}, 512), }`;
    features.write(`\x93NUMPY\x01\x00v\x00${header.padEnd(117)}\n`, 'latin1');
    for (let n = 0; n < ids.length; n++) features.writeFloatLE(1, 128 + n * 512 * 4);
    await writeFile(join(folder, 'features.npy'), features);
    const foreign = join(pictures, 'foreign');
    const made = await likeness(
      ...['import', join(folder, 'features.npy'), '--ids', join(folder, 'ids.json'), '-o', foreign],
    );
    assert.equal(made.code, 0, made.stderr);
    for (const name of ['id_rsa', '.env']) await copyFile(join(pictures, name), join(foreign, name));
    await copyFile(join(pictures, 'id_rsa'), join(foreign, 'key.jpg'));
    await copyFile(join(pictures, 'plain.jpg'), join(foreign, 'plain.jpg'));
    const other = await start('-i', foreign);
    try {
      const status = async (target: string): Promise<number> => (await ask(other.port, target)).status;
      assert.equal(await status('/pictures/plain.jpg'), 200);
      for (const id of ids.filter((name) => name !== 'plain.jpg')) {
        assert.ok((await status(`/pictures/${id}`)) >= 400, id);
        assert.ok((await status(url(id))) >= 400, id);
      }
    } finally {
      await stop(other.child);
      await rm(foreign, { recursive: true });
    }
  });

  test('other methods, bodies and broken requests are refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const { status, headers, body } = await ask(port, '/', {
        method,
        lines: ['Content-Length: 1000000000', 'Cookie: a=b'],
      });
      assert.equal(status, 405, method);
      assert.equal(headers.get('allow'), 'GET, HEAD');
      assert.ok(!body.includes('Cookie'), 'TRACE echoes nothing');
    }
    const long = 'x'.repeat(100_000);
    const broken = [
      `GET /${long} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${long}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-Some: what\r\n'.repeat(5000)}\r\n`,
      'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
      'GET / HTTP/1.1\nHost: localhost\n: x\n\n',
      'GET /\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'NONSENSE\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    ];
    for (const text of broken) {
      const { status } = await sendRaw(port, Buffer.from(text, 'latin1'));
      assert.ok(status === 0 || status >= 400, text.slice(0, 60));
    }
    const upgrade = await ask(port, '/', { lines: ['Upgrade: websocket', 'Sec-WebSocket-Key: x'] });
    assert.equal(upgrade.status, 200);
    await isWell();
  });

  test('who sends slowly, or nothing, is cut off; others are answered meanwhile', async () => {
    const { sockets, ms } = await slow;
    assert.equal(sockets, 60);
    assert.ok(ms < 40_000, `${ms} ms`);
    await isWell();
  });

  test('a thousand at once are answered', async () => {
    const wanted = await readFile(join(samples, 'A001.jpeg'));
    const targets = [url('plain.jpg'), url('$&,+;=@.jpg'), '/index/features.npy', '/dist/web/likeness.js'];
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => ask(port, targets[n % targets.length]!)),
    );
    for (const [n, { status, body }] of answers.entries()) {
      assert.equal(status, 200, `request ${n}`);
      if (n % 4 < 2) assert.ok(body.equals(wanted));
    }
    await isWell();
  });

  test('downloads that are broken off leave no open file', async () => {
    const openFiles = async (): Promise<number> => (await readdir(`/proc/${child.pid}/fd`)).length;
    const before = await openFiles();
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const socket = await openSocket(port);
          const target = n % 4 === 3 ? '/index/features.npy' : url(big);
          socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
          if (n % 4 !== 0) await once(socket, 'data'); // some before the first byte
          socket.destroy();
        }),
      );
    }
    const deadline = Date.now() + 10_000;
    while ((await openFiles()) > before && Date.now() < deadline)
      await new Promise((go) => setTimeout(go, 100));
    assert.ok((await openFiles()) <= before, `${await openFiles()} after ${before}`);
    await isWell();
  });

  test('a file that is cut while it is sent breaks the answer off; one that grows does not lengthen it', async () => {
    const download = async (name: string, change: () => Promise<void>, connection = 'close') => {
      const socket = await openSocket(port);
      const parts: Buffer[] = [];
      socket.write(`GET ${url(name)} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`);
      await once(socket, 'readable');
      await change();
      const closed = once(socket, 'close');
      socket.on('data', (bytes: Buffer) => parts.push(bytes));
      await closed;
      return parseAnswer(Buffer.concat(parts));
    };
    const cut = await download('cut.jpg', () => truncate(join(pictures, 'cut.jpg'), 1000), 'keep-alive');
    assert.equal(cut.headers.get('content-length'), String(bigBytes));
    assert.ok(cut.body.length < bigBytes);
    const grown = await download('grows.jpg', () =>
      appendFile(join(pictures, 'grows.jpg'), Buffer.alloc(5000)),
    );
    assert.equal(grown.headers.get('content-length'), String(bigBytes));
    assert.equal(grown.body.length, bigBytes);
    // One that vanishes is sent to its end, or is not there.
    const moved = join(folder, 'moved.jpg');
    const gone = await download(big, () => rename(join(pictures, big), moved));
    assert.equal(gone.body.length, bigBytes);
    assert.equal((await ask(port, url(big))).status, 404);
    await rename(moved, join(pictures, big));
    await rm(join(pictures, 'grows.jpg'));
    await mkdir(join(pictures, 'grows.jpg'));
    assert.equal((await ask(port, url('grows.jpg'))).status, 404, 'a folder');
    await isWell();
  });

  test('a signal lets what is under way come to its end, and ends the process with 0', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const other = await start('-i', index);
      const idle = await openSocket(other.port);
      const socket = await openSocket(other.port);
      const parts: Buffer[] = [];
      socket.write(`GET ${url(big)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await once(socket, 'readable');
      const ended = stop(other.child, signal);
      await new Promise((go) => setTimeout(go, 200));
      const closed = once(socket, 'close');
      socket.on('data', (bytes: Buffer) => parts.push(bytes));
      await closed;
      assert.equal(parseAnswer(Buffer.concat(parts)).body.length, (await stat(join(pictures, big))).size);
      assert.equal(await ended, 0, signal);
      idle.destroy();
    }
  });

  test('a port or an address that cannot be had is explained', async () => {
    const taken = await likeness('serve', '--port', String(port));
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, new RegExp(`^likeness: Port ${port} is in use; choose another with --port`));
    const elsewhere = await likeness('serve', '--port', '0', '--host', '192.0.2.1');
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /^likeness: This machine does not have the address 192\.0\.2\.1/);
    const unknown = await likeness('serve', '--port', '0', '--host', 'no-such-name.invalid');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^likeness: The name no-such-name\.invalid has no address/);
  });
});

test('each reason not to listen says what helps', async () => {
  const { listenError } = await import('../../src/cli/serve/server.ts');
  const of = (code: string): string =>
    listenError(Object.assign(new Error(code), { code }), 'localhost', 80).message;
  assert.match(
    of('EACCES'),
    /^Port 80 may not be used without an administrator's rights; choose one from 1024/,
  );
  assert.match(of('EADDRINUSE'), /--port/);
  assert.match(of('EOTHER'), /cannot listen on localhost:80: EOTHER/);
});
