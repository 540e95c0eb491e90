import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import * as library from '../../src/node.ts';
import { callsSuite } from '../support/calls-suite.ts';

callsSuite(library as never);

test('a signal of another realm ends what is fetched', async (t) => {
  const server = createServer(() => {}); // never answers
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const target = new EventTarget();
  const signal = {
    aborted: false,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  };
  const search = await library.ImageSearch.open();
  const calls = [
    search.extract(url, { signal: signal as never }),
    library.ImageSearch.open({ model: `${url}/`, signal: signal as never }),
    library.ImageSearch.open({ store: url, signal: signal as never }),
    search.import(url, { signal: signal as never }),
  ];
  const ended = Promise.allSettled(calls);
  await new Promise((go) => setTimeout(go, 100));
  signal.aborted = true;
  target.dispatchEvent(new Event('abort'));
  for (const each of await ended) assert.equal(each.status === 'rejected' && each.reason.name, 'AbortError');
  await search.close();
});
