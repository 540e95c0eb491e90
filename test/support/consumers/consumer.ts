import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { root } from '../cli.ts';
import { makePictures, names } from './pictures.ts';
import { createProject, type Project } from './project.ts';
import { openSite, type Served, type Site, type Upstream } from './site.ts';

/** A project that is built, and what answers for it. */
export interface Place {
  upstream: Upstream;
  /** The other origin that all but the page comes from, and its port. */
  cdn?: { upstream: Upstream; port: number };
  /** Bytes of the built output. */
  built?: number;
}

/** One environment: a row of the table in docs/consumers.md. */
export interface Consumer {
  environment: string;
  /** What has to be configured, for the table; `none` is the aim. */
  configuration: string;
  /** A folder in test/consumers/projects. */
  project: string;
  /** Path of the page that sets `findSimilar`. */
  pictures?: string;
  /** Path of the page that sets `nearest`. */
  vectors?: string;
  /** Path of what answers on the server. */
  server?: string;
  prepare(project: Project): Promise<Place>;
}

interface Hit {
  id: string;
  distance: number;
}
interface Similar {
  failed: string[];
  answers: Record<string, Hit[]>;
  report: { extractor: { device: string; threads: number; reason: string } };
  opened: number;
}
interface Nearest {
  rows: number[];
  distances: number[];
  threads: number;
  reason: string;
}
interface Bytes {
  raw: number;
  brotli: number;
}
/** What the table is written from. */
export interface ConsumerResult {
  environment: string;
  configuration: string;
  versions: string;
  works: Record<string, boolean>;
  built?: number;
  wasm?: Bytes;
  webgpu?: Bytes;
}

declare global {
  var findSimilar: (base: string, names: string[], options: object) => Promise<Similar>;
  var nearest: (options: object) => Promise<Nearest>;
}

/** Milliseconds that a page has for its answers, on a machine with other work too. */
const patience = 300_000;

/** The only environment that is tried on WebGPU: on a software adapter it takes 20 to 40 s. Without it, all are. */
const onlyGpu = process.env.LIKENESS_CONSUMERS_WEBGPU;

/** Declares the tests of an environment; each compares answers with those in Node. */
export function testConsumer(consumer: Consumer): void {
  describe(consumer.environment, { concurrency: false }, () => {
    const result: ConsumerResult = {
      environment: consumer.environment,
      configuration: consumer.configuration,
      versions: '',
      works: {},
    };
    let pictures: string;
    let expected: { answers: Similar['answers']; vectors: Nearest };
    let place: Place | undefined;
    let browser: Browser | undefined;

    before(async () => {
      const node = await createProject('node');
      pictures = join(node.folder, 'pictures');
      await makePictures(pictures);
      const base = pathToFileURL(`${pictures}/`).href;
      expected = JSON.parse(await node.run(`node answers.js ${base} ${names.join(' ')}`));
      const project = await createProject(consumer.project);
      result.versions = project.versions;
      place = await consumer.prepare(project);
      if (place.built !== undefined) result.built = place.built;
      browser = await launchChromium();
    });
    after(async () => {
      await browser?.close();
      await place?.upstream.close();
      await place?.cdn?.upstream.close();
      const folder = join(root, 'build/consumers');
      await mkdir(folder, { recursive: true });
      const file = `${consumer.environment.replace(/\W+/g, '-').toLowerCase()}.json`;
      await writeFile(join(folder, file), JSON.stringify(result, null, 2));
    });

    /** A test whose outcome is in the table. */
    const entry = (name: string, run: () => Promise<void>): void => {
      test(name, async () => {
        result.works[name] = false;
        await run();
        result.works[name] = true;
      });
    };

    for (const isolated of [false, true]) {
      const where = isolated ? ', isolated' : '';
      for (const device of consumer.pictures ? (['wasm', 'webgpu'] as const) : []) {
        if (device === 'webgpu' && onlyGpu !== undefined && `${consumer.environment}${where}` !== onlyGpu)
          continue;
        entry(`${device}${where}`, async () => {
          const { value, served } = await visit(consumer.pictures!, isolated, 'findSimilar', (page) =>
            page.evaluate(
              ([files, options]) => findSimilar(new URL('/pictures/', location.href).href, files, options),
              [names, { device, threads: 2 }] as const,
            ),
          );
          compare(value, expected.answers);
          const { extractor } = value.report;
          assert.equal(extractor.device, device, extractor.reason);
          if (device === 'wasm') assert.equal(extractor.threads, isolated ? 2 : 1, extractor.reason);
          if (!isolated) result[device] = bytesOf(served.filter(({ at }) => at <= value.opened));
        });
      }
    }
    for (const isolated of consumer.vectors ? [false, true] : []) {
      entry(`knn${isolated ? ', isolated' : ''}`, async () => {
        const { value } = await visit(consumer.vectors!, isolated, 'nearest', (page) =>
          page.evaluate(() => nearest({ threads: 2 })),
        );
        assert.deepEqual(value.rows, expected.vectors.rows);
        assert.deepEqual(value.distances, expected.vectors.distances);
        assert.equal(value.threads, 2, value.reason);
      });
    }
    if (consumer.server) {
      entry('server', async () => {
        const query = new URLSearchParams([['base', pathToFileURL(`${pictures}/`).href]]);
        for (const name of names) query.append('name', name);
        const answer = await fetch(`${place!.upstream.origin}${consumer.server}?${query}`);
        const text = await answer.text();
        assert.equal(answer.status, 200, text.slice(0, 2000));
        compare(JSON.parse(text), expected.answers);
      });
    }

    /** Opens a page of the project in a browser without a past; nothing may fail, be missing or be complained of. */
    async function visit<Value>(
      path: string,
      isolated: boolean,
      ready: 'findSimilar' | 'nearest',
      run: (page: Page) => Promise<Value>,
    ): Promise<{ value: Value; served: Served[] }> {
      const sites: Site[] = [await openSite(place!.upstream, { isolated, pictures })];
      const { cdn } = place!;
      if (cdn) sites.push(await openSite(cdn.upstream, { isolated, open: true, port: cdn.port }));
      const context = await browser!.newContext();
      const problems: string[] = [];
      try {
        const page = await context.newPage();
        page.on('pageerror', (error) => problems.push(`error: ${error.stack ?? error}`));
        page.on('console', (message) => {
          if (message.type() === 'error')
            problems.push(`console: ${message.text()} ${message.location().url}`);
        });
        page.on('requestfailed', (request) => {
          const why = request.failure()?.errorText;
          if (why !== 'net::ERR_ABORTED') problems.push(`failed: ${request.url()} ${why}`);
        });
        await page.goto(sites[0]!.origin + path);
        const isThere = page.waitForFunction((name) => name in globalThis, ready, { timeout: 30_000 });
        await isThere.catch((error) => assert.fail(`${error.message}\n${problems.join('\n')}`));
        assert.equal(await page.evaluate('crossOriginIsolated'), isolated);
        const late = wait(patience, undefined, { ref: false }).then(() => {
          throw new Error(`No answer after ${patience / 1000} s.`);
        });
        const value = await Promise.race([run(page), late]).catch((error) =>
          assert.fail(`${error.message}\n${problems.join('\n')}`),
        );
        const served = sites.flatMap((site) => site.served);
        for (const { path, status } of served) if (status >= 400) problems.push(`${status} ${path}`);
        assert.deepEqual(problems, []);
        return { value, served };
      } finally {
        await context.close();
        for (const site of sites) await site.close();
      }
    }
  });
}

/** The same ids in the same order, at the same distances to four decimals. */
function compare({ failed, answers }: Similar, expected: Similar['answers']): void {
  assert.deepEqual(failed, []);
  const ids = (of: Similar['answers']) => Object.values(of).map((hits) => hits.map(({ id }) => id));
  assert.deepEqual(Object.keys(answers), names);
  assert.deepEqual(ids(answers), ids(expected));
  for (const name of names) {
    for (const [n, { id, distance }] of answers[name]!.entries()) {
      const inNode = expected[name]![n]!.distance;
      assert.ok(Math.abs(distance - inNode) < 1e-4, `${name} to ${id}: ${distance}, in Node ${inNode}`);
    }
  }
}

/** What has to be sent, each file once, as it is and compressed as a good server does. */
function bytesOf(served: readonly Served[]): Bytes {
  const files = new Map(served.map(({ path, body }) => [path, body]));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
  let raw = 0;
  let brotli = 0;
  for (const body of files.values()) {
    raw += body.length;
    brotli += Math.min(body.length, brotliCompressSync(body, { params }).length);
  }
  return { raw, brotli };
}
