import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, CDPSession, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import type * as Likeness from '../../src/index.ts';
import type { Manifest } from '../../src/network/manifest.ts';
import { root } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';

// A script, not bundled: it finds the repository by its own place.
const script = pathToFileURL(join(root, 'scripts/seeded-model.mjs')).href;
const { ensureSeededModel }: { ensureSeededModel(variant: string): Promise<string> } = await import(script);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

interface Usage {
  usedSize: number;
  backingStorageSize: number;
}

/** Asks the page's workers for their heap, again and again; calls back with the sum over all. */
async function watchWorkers(session: CDPSession, note: (bytes: number) => void): Promise<() => void> {
  const workers = new Set<string>();
  const latest = new Map<string, number>();
  let id = 0;
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.add(sessionId);
  });
  session.on('Target.detachedFromTarget', ({ sessionId }) => {
    workers.delete(sessionId);
    latest.delete(sessionId);
  });
  session.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
    const { result } = JSON.parse(message) as { result?: Usage };
    if (!result) return;
    latest.set(sessionId, result.usedSize + result.backingStorageSize);
    note([...latest.values()].reduce((a, b) => a + b, 0));
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const timer = setInterval(() => {
    for (const sessionId of workers) {
      const message = JSON.stringify({ id: ++id, method: 'Runtime.getHeapUsage' });
      session.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => {});
    }
  }, 10);
  return () => clearInterval(timer);
}

/**
 * Most bytes in the workers' JavaScript heaps, ArrayBuffers included, until the model's files are here, and afterwards.
 * WebAssembly memories, where the network's weights end, are not counted by the browser.
 */
async function open(
  page: Page,
): Promise<{ loading: number; creating: number; samples: number; seconds: number }> {
  const session = await page.context().newCDPSession(page);
  const peak = { loading: 0, creating: 0, samples: 0, seconds: 0 };
  let phase: 'loading' | 'creating' = 'loading';
  await page.exposeFunction('__here', () => {
    phase = 'creating';
  });
  const stop = await watchWorkers(session, (bytes) => {
    peak[phase] = Math.max(peak[phase], bytes);
    peak.samples++;
  });
  const start = performance.now();
  await page.evaluate(async (url) => {
    const { ImageSearch } = (await import(url)) as typeof Likeness;
    const search = await ImageSearch.open({
      model: '/model/',
      device: 'wasm',
      threads: 1,
      onProgress: ({ done, total }) => {
        if (done === total) void (globalThis as unknown as { __here(): void }).__here();
      },
    });
    await search.close();
  }, '/dist/web/likeness.js');
  peak.seconds = (performance.now() - start) / 1000;
  stop();
  return peak;
}

for (const variant of ['q8', 'f32']) {
  test(`while VGG16 in ${variant} is loaded, the JavaScript heap holds at most 1.5 × its largest shard`, async () => {
    const folder = await ensureSeededModel(variant);
    const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const largest = Math.max(...manifest.shards.map(({ byteLength }) => byteLength));
    const server = await startModelServer(files);
    const context = await browser.newContext();
    try {
      for (const when of ['from the network', 'from what is stored']) {
        const page = await context.newPage();
        page.setDefaultTimeout(0);
        await page.goto(server.origin);
        const { loading, creating, samples, seconds } = await open(page);
        const share = (bytes: number): string =>
          `${(bytes / 2 ** 20).toFixed(0)} MiB, ${(bytes / largest).toFixed(2)} × the largest shard`;
        console.log(
          `# ${variant} ${when}: ${seconds.toFixed(1)} s; heap while loading ${share(loading)}; while the network is made ${share(creating)} (${samples} samples)`,
        );
        assert.ok(samples > 20, `${samples} samples`);
        assert.ok(loading > 0 && loading <= 1.5 * largest);
        assert.ok(creating > 0 && creating <= 1.5 * largest);
        await page.close();
      }
    } finally {
      await context.close();
      await server.close();
    }
  });
}
