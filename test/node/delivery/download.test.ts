import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { downloadKnown, type KnownFile } from '../../../src/cli/weights-download.ts';
import { withFolder } from '../../support/cli.ts';
import { noise } from '../../support/pictures.ts';

const content = Buffer.from(noise(3, 1_000_000));
const md5 = createHash('md5').update(content).digest('hex');
/** Bytes between two steps of the broken downloads. */
const step = 300_000;

/** Runs `body` beside a server of {@link content}; `answer` may answer a request otherwise, and says if it did. */
async function served(
  body: (file: KnownFile, path: string, asked: string[]) => Promise<void>,
  answer: (request: IncomingMessage, response: ServerResponse, n: number) => boolean = () => false,
  leftEarlier = false,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.range ?? 'all');
    if (answer(request, response, asked.length)) return;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': content.length - from });
    response.end(content.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.h5`;
  try {
    await withFolder((folder) => {
      // The folder is made by the download, or is there with what an earlier one left.
      const cache = join(folder, 'cache');
      if (leftEarlier) mkdirSync(cache);
      return body({ url, md5, byteLength: content.length }, join(cache, 'weights.h5'), asked);
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const policy = { attempts: 4, pauseMs: 1, stallMs: 60_000 };
const quick = { policy };
/** Sends part of what was asked for and breaks the connection. */
function breaks(request: IncomingMessage, response: ServerResponse): true {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': content.length - from });
  response.write(content.subarray(from, from + step), () => response.destroy());
  return true;
}

test('a download that breaks is continued where it broke, and its md5 is checked', () =>
  served(
    async (file, path, asked) => {
      const progress: number[] = [];
      await downloadKnown(file, path, { ...quick, onProgress: (done) => progress.push(done) });
      assert.deepEqual(readFileSync(path), content);
      assert.deepEqual(readdirSync(join(path, '..')), ['weights.h5']);
      assert.equal(asked[0], 'all');
      assert.equal(asked.length, 4);
      // No byte is fetched twice: each request begins where the file ended.
      const starts = asked.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range)![1]));
      assert.ok(
        starts.every((start, i) => start > (starts[i - 1] ?? 0) && start <= (i + 1) * step),
        asked.join(),
      );
      assert.deepEqual(
        progress,
        [...progress].sort((a, b) => a - b),
      );
      assert.equal(progress.at(-1), content.length);
    },
    (request, response, n) => n < 4 && breaks(request, response),
  ));

test('what an earlier process left is continued; what is there is not fetched again', () =>
  served(
    async (file, path, asked) => {
      writeFileSync(`${path}.part`, content.subarray(0, 700_000));
      await downloadKnown(file, path, quick);
      assert.deepEqual(asked, ['bytes=700000-']);
      await downloadKnown(file, path, quick);
      assert.equal(asked.length, 1);
      assert.deepEqual(readFileSync(path), content);
    },
    undefined,
    true,
  ));

test('a server without ranges sends all of it again', () =>
  served(
    async (file, path) => {
      writeFileSync(`${path}.part`, content.subarray(0, 500_000));
      await downloadKnown(file, path, quick);
      assert.deepEqual(readFileSync(path), content);
    },
    (_, response) => {
      response.writeHead(200, { 'Content-Length': content.length });
      response.end(content);
      return true;
    },
    true,
  ));

test('another file than the wanted one is an error and does not stay', () =>
  served(async (file, path) => {
    const wrong = { ...file, md5: '0'.repeat(32) };
    await assert.rejects(downloadKnown(wrong, path, quick), {
      code: 'bad-file',
      message: /its md5 is [0-9a-f]{32}, 0+ is right.*--from/,
    });
    assert.deepEqual(readdirSync(join(path, '..')), []);
  }));

test('what the server refuses is not asked for again, and the message says what to do', () =>
  served(
    async (file, path, asked) => {
      await assert.rejects(downloadKnown(file, path, quick), {
        code: 'not-found',
        message: /answered 404.*--from <file>/,
      });
      assert.equal(asked.length, 1);
      assert.ok(!existsSync(path));
    },
    (_, response) => {
      response.writeHead(404);
      response.end();
      return true;
    },
  ));

test('a server in trouble is asked again; without a network the message says what to do, what came is kept', () =>
  served(
    async (file, path, asked) => {
      await downloadKnown(file, path, quick);
      assert.equal(asked.length, 3);
      const unreachable = { ...file, url: 'http://127.0.0.1:1/weights.h5' };
      writeFileSync(`${path}.part`, content.subarray(0, 1000));
      writeFileSync(path, '');
      await assert.rejects(downloadKnown(unreachable, path, quick), {
        code: 'not-found',
        message:
          /cannot be fetched \(.+\)\. Without a network.*--from <file>, or save it as .*weights\.h5\. What came \(1000 bytes\) is kept/,
      });
      assert.equal(statSync(`${path}.part`).size, 1000);
    },
    (_, response, n) => {
      if (n > 2) return false;
      response.writeHead(503);
      response.end();
      return true;
    },
  ));

test('a page for logging in, an answer of other bytes and one that does not end leave what came as it was', () =>
  served(
    async (file, path, asked) => {
      writeFileSync(`${path}.part`, content.subarray(0, 700_000));
      await downloadKnown(file, path, quick);
      assert.equal(asked.length, 4);
      assert.ok(
        asked.every((range) => range === 'bytes=700000-'),
        asked.join(),
      );
      assert.deepEqual(readFileSync(path), content);
    },
    (_, response, n) => {
      if (n === 1) {
        response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': 15 });
        response.end('<!doctype html>');
      } else if (n === 2) {
        response.writeHead(206, {
          'Content-Range': `bytes 0-9/${content.length}`,
          'Content-Length': 300_000,
        });
        response.end(content.subarray(0, 300_000));
      } else if (n === 3) {
        response.writeHead(206, { 'Content-Length': 400_000 });
        response.end(Buffer.alloc(400_000));
      }
      return n < 4;
    },
    true,
  ));

test('a page of HTML of unknown length is no file, and leaves what came as it was', () =>
  served(
    async (file, path, asked) => {
      writeFileSync(`${path}.part`, content.subarray(0, 700_000));
      await assert.rejects(downloadKnown(file, path, quick), {
        code: 'not-found',
        message: /a page of HTML came.*What came \(700000 bytes\) is kept/,
      });
      assert.equal(asked.length, 1);
      assert.deepEqual(readFileSync(`${path}.part`), content.subarray(0, 700_000));
    },
    (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.write('<!doctype html><title>Log in</title>');
      response.end();
      return true;
    },
    true,
  ));

test('an answer that falls silent is given up and continued', () =>
  served(
    async (file, path, asked) => {
      await downloadKnown(file, path, { policy: { ...policy, stallMs: 300 } });
      assert.deepEqual(asked, ['all', 'all', 'bytes=1000-']);
      assert.deepEqual(readFileSync(path), content);
    },
    (_, response, n) => {
      if (n === 2) {
        response.writeHead(200, { 'Content-Length': content.length });
        response.write(content.subarray(0, 1000));
      }
      return n < 3; // the first is never answered
    },
  ));

test('two processes at once get the file, and nothing is left beside it', () =>
  served(
    async (file, path) => {
      await Promise.all([downloadKnown(file, path, quick), downloadKnown(file, path, quick)]);
      assert.deepEqual(readFileSync(path), content);
      assert.deepEqual(readdirSync(join(path, '..')), ['weights.h5']);
    },
    (request, response, n) => n < 4 && breaks(request, response),
  ));

test('what cannot be written says so at once, and a link is not followed', () =>
  served(
    async (file, path, asked) => {
      const diary = join(path, '../diary.txt');
      writeFileSync(diary, 'mine');
      symlinkSync(diary, `${path}.part`);
      await assert.rejects(downloadKnown(file, path, quick), {
        code: 'bad-argument',
        message: /weights\.h5\.part/,
      });
      assert.equal(readFileSync(diary, 'utf8'), 'mine');
      await assert.rejects(downloadKnown(file, join(diary, 'weights.h5'), quick), {
        code: 'bad-argument',
        message: /diary\.txt is a file/,
      });
      assert.ok(asked.length <= 1);
    },
    undefined,
    true,
  ));
