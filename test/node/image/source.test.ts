import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readImage } from '../../../src/image/source.node.ts';
import { readFixture } from '../../support/fixture.ts';

const path = join(process.env.LIKENESS_ROOT ?? '.', 'test/fixtures/pillow/grey.jpg');
let bytes: Uint8Array;
let server: Server;
let origin = '';

before(async () => {
  bytes = await readFixture('pillow/grey.jpg');
  server = createServer((request, response) => {
    if (request.url === '/hangs') return;
    response.statusCode = request.url === '/grey.jpg' ? 200 : 404;
    response.end(response.statusCode === 200 ? bytes : 'nothing here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const asBytes = async (read: ReturnType<typeof readImage>): Promise<Uint8Array> => {
  const image = await read;
  if (image instanceof Blob) return new Uint8Array(await image.arrayBuffer());
  assert.ok(image instanceof Uint8Array);
  return new Uint8Array(image);
};

test('paths, URLs of every kind, Blobs and bytes give the file', async () => {
  const data = `data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}`;
  const blobUrl = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  for (const source of [
    path,
    pathToFileURL(path),
    String(pathToFileURL(path)),
    `${origin}/grey.jpg`,
    new URL(`${origin}/grey.jpg`),
    data,
    new URL(data),
    blobUrl,
    new Blob([bytes as Uint8Array<ArrayBuffer>]),
    bytes,
    Buffer.from(bytes),
  ])
    assert.deepEqual(await asBytes(readImage(source)), bytes);
});

test('pixels and image data come as they are', async () => {
  const rgba = new Uint8Array(2 * 3 * 4);
  const pixels = { width: 2, height: 3, rgba, mode: 'P' as const };
  assert.equal(await readImage(pixels), pixels);
  const data = new Uint8ClampedArray(2 * 3 * 4);
  assert.deepEqual(await readImage({ width: 2, height: 3, data } as never), {
    width: 2,
    height: 3,
    rgba: data,
  });
  await assert.rejects(readImage({ width: 2, height: 4, rgba }), {
    code: 'bad-image',
    message: /32 bytes.*24/,
  });
});

test('what cannot be read is named', async () => {
  const fails = (source: unknown, code: string, message: RegExp) =>
    assert.rejects(readImage(source as never), { name: 'LikenessError', code, message });
  await fails('/no/such/picture.jpg', 'not-found', /\/no\/such\/picture\.jpg does not exist/);
  await fails(join(path, '..'), 'bad-argument', /is a folder/);
  await fails(`${origin}/missing.jpg`, 'not-found', /missing\.jpg cannot be fetched: HTTP 404/);
  await fails('http://127.0.0.1:1/x.jpg', 'not-found', /127\.0\.0\.1:1\/x\.jpg/);
  await fails(new URL('ftp://example.org/x.jpg'), 'bad-argument', /ftp:/);
  await fails('file://elsewhere/x.jpg', 'bad-argument', /names no file of this machine/);
  await fails('', 'bad-argument', /^The picture is ""; it has to be a path/);
  await fails('a\0b', 'bad-argument', /zero byte/);
  await fails(undefined, 'bad-argument', /undefined; wanted a file path/);
  await fails(7, 'bad-argument', /Number; wanted/);
  await fails({}, 'bad-argument', /Object; wanted/);
  await fails(
    { [Symbol.toStringTag]: 'HTMLImageElement' },
    'bad-argument',
    /HTMLImageElement.*browsers only/,
  );
});

test('a signal ends reading with its reason', async () => {
  const reason = new Error('enough');
  const isReason = (error: unknown) => error === reason;
  const aborted = AbortSignal.abort(reason);
  for (const source of [path, `${origin}/grey.jpg`, bytes])
    await assert.rejects(readImage(source, { signal: aborted }), isReason);
  const controller = new AbortController();
  const hanging = readImage(`${origin}/hangs`, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(hanging, isReason);
});
