import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as likeness from './contenders/likeness.mjs';
import { hnswlibBruteForce, usearchExact } from './contenders/native.mjs';
import { createHost } from './host.mjs';

const root = process.env.LIKENESS_ROOT;
const contenders = {
  'likeness-node': likeness.wasm,
  'likeness-js': likeness.js,
  usearch: usearchExact,
  hnswlib: hnswlibBruteForce,
};

/** In pieces: one read takes 2 GiB at most. */
const read = async (file) => {
  const descriptor = openSync(join(root, file));
  const bytes = new Uint8Array(fstatSync(descriptor).size);
  for (let at = 0; at < bytes.length; )
    at += readSync(descriptor, bytes, at, Math.min(1 << 28, bytes.length - at), at);
  closeSync(descriptor);
  return new Float32Array(bytes.buffer);
};

const answer = createHost(contenders, read, { root });
process.on('message', async (request) => {
  process.send(await answer(request).catch((error) => ({ error: String(error?.message ?? error) })));
});
