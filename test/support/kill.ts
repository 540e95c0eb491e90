import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumArgs, ensureChromium } from '../../scripts/chromium.mjs';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { root } from './cli.ts';
import { stepChanges } from './kill-steps.ts';
import { applied, empty, type State, stateOf, textOf } from './store-model.ts';

export interface KillCounts {
  kills: number;
  /** Steps acknowledged in all. */
  acknowledged: number;
  lost: number;
  half: number;
  /** Databases that Chromium had thrown away when it started again; what is counted begins anew with each. */
  thrownAway: number;
}

/** The state after each step, made as far as it is asked for. */
function stateAfter(): (step: number) => string {
  const texts = [textOf(empty)];
  let state: State = empty;
  return (step) => {
    while (texts.length <= step) {
      state = applied(state, stepChanges(texts.length));
      texts.push(textOf(state));
    }
    return texts[step]!;
  };
}

/** What was acknowledged is there; what is there is the state after some step, as a whole. */
function count(counts: KillCounts, stateAt: (step: number) => string, found: string, last: number): void {
  counts.kills++;
  const step = Number(Object.fromEntries(JSON.parse(found).settings).step ?? 0);
  if (step < last) counts.lost++;
  if (found !== stateAt(step)) counts.half++;
  assert.equal(counts.lost + counts.half, 0, `acknowledged ${last}, found ${step}`);
}

/**
 * Whether Chromium made the database of IndexedDB anew when it was last started, or the time before: about once in a
 * hundred kills it is missing then, as the database's own log says. Most likely LevelDB wrote on behind a record that a
 * kill had cut, and what could not be read the next time was deleted as a whole.
 */
async function databaseMadeAnew(profile: string): Promise<'last' | 'before' | undefined> {
  const folder = join(profile, 'Default/IndexedDB');
  for (const name of await readdir(folder, { recursive: true })) {
    if (!/LOG(\.old)?$/.test(name)) continue;
    const log = await readFile(join(folder, name), 'utf8');
    if (log.includes('since it was missing')) return name.endsWith('.old') ? 'before' : 'last';
  }
  return undefined;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function bundle(entry: string, options: object): Promise<string> {
  const { build } = await import('esbuild');
  const outfile = join(root, 'build/test/kill', `${entry}.mjs`);
  await mkdir(join(root, 'build/test/kill'), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [`test/support/${entry}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
    ...options,
  });
  return outfile;
}

/** Kills a Node process `kills` times at random moments of adding, removing and compacting. */
export async function killNode(kills: number, random: () => number): Promise<KillCounts> {
  const script = await bundle('kill-child', { platform: 'node', target: 'node20', packages: 'external' });
  const folder = await mkdtemp(join(tmpdir(), 'likeness-kill-'));
  const counts: KillCounts = { kills: 0, acknowledged: 0, lost: 0, half: 0, thrownAway: 0 };
  const stateAt = stateAfter();
  let last = 0;
  try {
    while (counts.kills < kills) {
      const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((done) => child.on('close', done));
      let text = '';
      let begun = (): void => {};
      const running = new Promise<void>((done) => {
        begun = done;
      });
      child.stdout.on('data', (data) => {
        text += data;
        begun();
      });
      await Promise.race([running, ended]);
      await pause(random() * 150);
      child.kill('SIGKILL');
      await ended;
      const lines = text.split('\n').slice(0, -1);
      assert.ok(lines.length > 0, 'the process told nothing: it failed');
      counts.acknowledged += lines.length - 1;
      last = Math.max(last, ...lines.map(Number));
      const index = await IndexStore.open(new FolderStore(folder));
      count(counts, stateAt, textOf(await stateOf(index)), last);
      await index.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return counts;
}

/** Kills Chromium, all of its processes at once. */
function startChromium(profile: string, url: string): ChildProcess {
  const args = [...chromiumArgs, '--headless=new', `--user-data-dir=${profile}`, url];
  return spawn(ensureChromium(), args, { stdio: 'ignore', detached: true });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.on('exit', done));
  process.kill(-child.pid!, 'SIGKILL');
  await ended;
}

/** The same with Chromium and the index of a worker. */
export async function killChromium(
  kills: number,
  store: 'opfs' | 'indexeddb',
  random: () => number,
): Promise<KillCounts> {
  const script = await bundle('kill-worker', {
    platform: 'browser',
    target: 'es2023',
    alias: { 'node:assert/strict': './test/support/browser-assert.ts' },
  });
  const code = await readFile(script);
  const profile = await mkdtemp(join(tmpdir(), 'likeness-kill-'));
  const counts: KillCounts = { kills: 0, acknowledged: 0, lost: 0, half: 0, thrownAway: 0 };
  const stateAt = stateAfter();
  let last = 0;
  let told: ((what: string, body: string) => void) | undefined;
  const server = createServer(async (request, response) => {
    if (request.url!.startsWith('/worker.js')) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(code);
    } else if (request.method === 'POST') {
      let body = '';
      for await (const part of request) body += part;
      told?.(request.url!, body);
      response.end();
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end(
        `<script>new Worker('/worker.js' + location.search, { type: 'module' }).onerror = (e) =>
          fetch('/failed', { method: 'POST', body: e.message })</script>`,
      );
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const url = (what: string): string => `http://127.0.0.1:${port}/?store=${store}&do=${what}`;
  const from = <T>(take: (what: string, body: string, done: (value: T) => void) => void): Promise<T> =>
    new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error('Chromium did nothing for a minute')), 60_000);
      told = (what, body) => {
        if (what === '/failed') failed(new Error(body));
        take(what, body, (value) => {
          clearTimeout(timer);
          done(value);
        });
      };
    });
  try {
    while (counts.kills < kills) {
      /** The last of this run's. */
      let ownSteps = 0;
      const stepping = from<void>((what, body, begun) => {
        if (what !== '/acknowledged') return;
        ownSteps = Number(body);
        if (Number(body) > last) counts.acknowledged++;
        last = Math.max(last, Number(body));
        begun();
      });
      const browser = startChromium(profile, url('step'));
      await stepping;
      await pause(random() * 300);
      await stop(browser);
      await pause(20); // what was told before the end arrives
      const state = from<string>((what, body, done) => {
        if (what === '/state') done(body);
      });
      const reader = startChromium(profile, url('state'));
      const found = await state;
      await stop(reader);
      const anew = store === 'indexeddb' && counts.kills > 0 && (await databaseMadeAnew(profile));
      if (anew) {
        counts.thrownAway++;
        last = anew === 'last' ? 0 : ownSteps;
      }
      count(counts, stateAt, found, last);
    }
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return counts;
}

export const report = (what: string, { kills, acknowledged, lost, half, thrownAway }: KillCounts): string =>
  `# ${what}: killed ${kills} times, ${acknowledged} steps acknowledged: ${lost} lost, ${half} half-written${thrownAway ? `; Chromium threw its database away ${thrownAway} times` : ''}`;
