import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { launchChromium } from '../../scripts/chromium.mjs';
import { ensurePython } from '../../scripts/python.mjs';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root, samples } from '../support/cli.ts';
import { exampleOf, type Snippet, snippets, standIns } from '../support/documented.ts';
import { installPackage } from '../support/installed-package.ts';
import { type Block, parseDocument, readDocuments } from '../support/markdown.ts';
import { writeStaticSite } from '../support/static-site.ts';
import { writeKeras } from '../support/weight-files.ts';

const run = promisify(execFile);
const documents = readDocuments();
/**
 * Those of docs/bundlers.md are of projects that test/consumers builds: `bundler-docs.test.ts` compares them. Those of
 * docs/api.md are made from docstrings: `api-reference.test.ts` compiles them. Recipes of docs/static-sites.md are of
 * projects that test/examples builds: `example-docs.test.ts` compares them.
 */
const elsewhere = ['docs/bundlers.md', 'docs/api.md'];
const blocks = documents
  .flatMap(({ file, blocks: list }) => (elsewhere.includes(file) ? [] : list))
  .filter((block) => !exampleOf(block));
const of = (...languages: string[]): Block[] => blocks.filter(({ language }) => languages.includes(language));

/** Packages are those that are there: nothing is fetched. */
const env = { ...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false' };

let base: string;
/** What a reader has: pictures, and what the other documented commands make of them. */
let template: string;
let folders = 0;
const readersToken = 'the-token-of-a-reader';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'likeness-docs-'));
  await installPackage(base);
  // What readers install beside it for some commands.
  await mkdir(join(base, 'node_modules/@lancedb'));
  await symlink(
    join(root, 'node_modules/@lancedb/lancedb'),
    join(base, 'node_modules/@lancedb/lancedb'),
    'junction',
  );
  template = join(base, 'template');
  for (const name of ['beach', 'boots']) await mkdir(join(template, 'photos', name), { recursive: true });
  await writeFile(join(template, 'package.json'), '{ "private": true, "type": "module" }');
  await symlink(join(base, 'node_modules'), join(template, 'node_modules'), 'junction');
  const photos = {
    'beach/7': 'A001',
    'boots/17': 'A020',
    a: 'A010',
    b: 'B001',
    c: 'C001',
    d: 'D001',
    e: 'E001',
    f: 'F001',
    g: 'G001',
  };
  for (const [name, sample] of Object.entries(photos)) {
    await copyFile(join(samples, `${sample}.jpeg`), join(template, `photos/${name}.jpg`));
  }
  await copyFile(join(samples, 'A002.jpeg'), join(template, 'photo.jpg'));
  const shape = {
    widths: [8, 8, 8, 8, 8] as [number, number, number, number, number],
    inputSize: 64,
    fc1: 512,
  };
  await writeKeras(join(template, 'vgg16.h5'), { shape, seed: 3 });
  const cli = join(template, 'node_modules/likeness-search/dist/node/cli.js');
  for (const line of [
    'index photos -o index',
    'export index --npy features.npy --ids ids.json --per-image static/feature --file index.likeness',
    'features photo.jpg -o vector.npy',
    'features photo.jpg --exif ignore -o query.npy',
    'model build vgg16 --from vgg16.h5 -o models/vgg16',
  ]) {
    await run(process.execPath, [cli, ...line.split(' ')], { cwd: template });
  }
  await writeStaticSite(template, [
    { id: 'harbour.jpg', aliases: ['photos/harbour.jpg'] },
    ...[1, 2, 3, 4, 5, 6].map((n) => ({ id: `${n}.jpg` })),
  ]);
  // The site that `likeness-search site` is run on.
  await mkdir(join(template, 'dist/photos'), { recursive: true });
  await copyFile(join(samples, 'A001.jpeg'), join(template, 'dist/photos/1.jpg'));
  await copyFile(join(samples, 'B001.jpeg'), join(template, 'dist/photos/2.jpg'));
  await writeFile(join(template, 'dist/index.html'), '<img src=photos/1.jpg><img src=photos/2.jpg>');
  const pack = "import numpy as np; np.savez('features.npz', features=np.load('features.npy'))";
  await run(ensurePython(), ['-c', pack], { cwd: template });
});
after(() => rm(base, { recursive: true, force: true }));

/** A fresh copy of {@link template}, without `missing`. */
async function freshFolder(missing: Iterable<string> = []): Promise<string> {
  const folder = join(base, `${++folders}`);
  await cp(template, folder, { recursive: true, verbatimSymlinks: true });
  for (const path of missing) await rm(join(folder, path), { recursive: true, force: true });
  return folder;
}

/** The commands of a block: lines that a backslash continues are one; what is behind a `#` is left out. */
function commandsOf(text: string): string[] {
  return text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Files and folders that a command writes. */
function outputsOf(command: string): string[] {
  const options = /\s(?:-o|--output|--npy|--per-image|--html|--file)[ =](\S+)/g;
  const named = [...command.matchAll(options)].map(([, path]) => path!);
  if (/likeness(-search)? export/.test(command)) named.push(...(/--ids (\S+)/.exec(command)?.slice(1) ?? []));
  if (/model build (\w+)/.test(command) && named.length === 0) named.push('models/vgg16');
  return named;
}

const used = new Set<(typeof standIns)[number]>();

/** What runs for a command. */
function runnable(command: string, folder: string): string {
  const standIn = standIns.find(({ line }) => line.test(command));
  if (!standIn) return command;
  used.add(standIn);
  return standIn.instead(command, folder);
}

/** Runs a command as a shell does, in a folder; a server is asked and stopped. */
async function runCommand(command: string, folder: string): Promise<void> {
  const line = runnable(command, folder);
  // npm's own scripts are the checkout's.
  const npm = /^npm (run )?/.test(line);
  const child = spawn(line, {
    cwd: npm ? root : folder,
    env,
    shell: true,
    detached: true, // a group of its own: a signal reaches the server behind npx
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      output += bytes;
    });
  }
  const ended = once(child, 'close');
  const serves = /likeness(-search)? serve|npm run demo/.test(line);
  try {
    if (serves) await askServer(child, () => output, ended);
    else assert.equal((await ended)[0], 0, `${line}\n${output}`);
  } finally {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
  }
}

async function askServer(child: ChildProcess, output: () => string, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  let url: string | undefined;
  while (url === undefined) {
    assert.ok(!over, output());
    await new Promise((go) => setTimeout(go, 50));
    url = /^Serving on (http:\S+)/m.exec(output())?.[1];
  }
  const page = await fetch(url);
  assert.match(await page.text(), /<title>Likeness/);
  const models: unknown[] = await (await fetch(`${url}models/index.json`)).json();
  assert.ok(models.length > 0);
  const index = await (await fetch(`${url}index/index.json`)).json();
  if (index !== null) assert.equal((await fetch(`${url}pictures/${index.ids[0]}`)).status, 200);
  process.kill(-child.pid!, 'SIGINT');
  await ended;
}

/** Starts the search API over the folder's index and gives its address to `ask`. */
async function withApi(
  folder: string,
  ask: (url: string) => Promise<void>,
  ...options: string[]
): Promise<void> {
  const command = ['npx likeness-search serve --api -i index --port 0 --log off', ...options].join(' ');
  const child = spawn(command, {
    cwd: folder,
    env: { ...env, LIKENESS_TOKEN: readersToken },
    shell: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  try {
    const url = await new Promise<string>((found, failed) => {
      let output = '';
      const read = (bytes: Buffer): void => {
        output += bytes;
        const [, address] = /^Serving on (http:\S+)\//m.exec(output) ?? [];
        if (address) found(address);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      void ended.then(() => failed(new Error(`${command} ended: ${output}`)));
    });
    await ask(url);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGINT');
    await ended;
  }
}

/** Runs a block that asks the search API, which then is there: at the address that the documents name, as it were. */
const askApi = (commands: string[], folder: string): Promise<void> =>
  withApi(folder, async (url) => {
    for (const line of commands) {
      const here = line.replaceAll('http://localhost:8080', url);
      const options = { cwd: folder, env: { ...env, LIKENESS_TOKEN: readersToken } };
      await run('sh', ['-c', here], options).catch((error) =>
        assert.fail(`${line}\n${error.stdout}${error.stderr}`),
      );
    }
  });

describe('the documents', () => {
  test('every block is of a kind that is tried here', async () => {
    const kinds = ['sh', 'ts', 'js', 'python', 'html', 'css', 'json', 'text'];
    for (const { place, language, text } of blocks) {
      assert.ok(
        kinds.includes(language),
        `${place}: a block of "${language}"; name one of ${kinds.join(', ')}: ${text.slice(0, 60)}`,
      );
    }
    for (const { text } of of('json')) JSON.parse(text);
    for (const { place, text } of of('css'))
      assert.deepEqual((await transform(text, { loader: 'css' })).warnings, [], place);
  });

  test('the reader of Markdown finds blocks and code wherever they are', () => {
    const { blocks: found, spans } = parseDocument(
      'x.md',
      '# A `one`\n\n- item\n\n  ```sh\n  npx a\n  ```\n\n> ```ts\n> b\n> ```\n\n    c\n\n| `two` |\n| --- |\n| `three\\|3` |\n',
    );
    assert.deepEqual(
      found.map(({ place, language, text }) => [place, language, text]),
      [
        ['x.md › A `one`', 'sh', 'npx a'],
        ['x.md › A `one`', 'ts', 'b'],
        ['x.md › A `one`', 'indented', 'c'],
      ],
    );
    assert.deepEqual(spans, ['one', 'two', 'three|3']);
  });

  for (const { place, text } of of('sh')) {
    test(`${place}: ${commandsOf(text)[0]} …`, async () => {
      const commands = commandsOf(text);
      const outputs = commands.flatMap(outputsOf);
      const folder = await freshFolder(outputs);
      if (/^curl /m.test(text)) {
        await askApi(commands, folder);
        return;
      }
      for (const command of commands) {
        await runCommand(command, folder);
        for (const path of outputsOf(command)) {
          assert.ok((await stat(join(folder, path))).size > 0, `${command}: ${path}`);
        }
      }
    });
  }

  for (const { place, text } of of('python')) {
    test(`${place}: Python`, async () => {
      await run(ensurePython(), ['-c', text], { cwd: await freshFolder() });
    });
  }

  test('every stand-in is for a command that is there', () => {
    const unused = standIns.filter((standIn) => !used.has(standIn)).map(({ line }) => String(line));
    assert.deepEqual(unused, []);
  });
});

/** Blocks of TypeScript with what goes around them. */
function programs(): { place: string; snippet: Snippet; source: string; text: string }[] {
  const counts = new Map<string, number>();
  return of('ts').map(({ place, text }) => {
    const n = counts.get(place) ?? 0;
    counts.set(place, n + 1);
    const snippet = snippets[place]?.[n];
    assert.ok(
      snippet,
      `${place}: block ${n + 1} of TypeScript is not known; describe it in test/support/documented.ts`,
    );
    const check = 'function check(right: boolean, what: string): void { if (!right) throw new Error(what); }';
    const source = [snippet.given ?? '', text, snippet.proves, check, 'export {};'].join('\n');
    return { place, snippet, source, text };
  });
}

describe('the documents’ TypeScript', () => {
  test('has the types that the package declares; each known block is there', async () => {
    const folder = await freshFolder();
    const sources = programs();
    const known = Object.entries(snippets).flatMap(([place, list]) => list.map(() => place));
    assert.deepEqual(sources.map(({ place }) => place).sort(), known.sort());
    for (const [n, { source }] of sources.entries()) await writeFile(join(folder, `${n}.ts`), source);
    const compilerOptions = {
      ...{
        target: 'es2022',
        module: 'esnext',
        moduleResolution: 'bundler',
        lib: ['es2023', 'dom', 'dom.iterable'],
      },
      ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: true, types: [] },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', folder]).catch((error) => assert.fail(error.stdout));
  });

  test('the first block of the README is at most twelve lines', () => {
    const [first] = of('ts');
    assert.ok(first!.text.split('\n').filter((line) => line.trim() !== '').length <= 12);
  });

  test('runs in Node', async () => {
    for (const { place, snippet, source } of programs()) {
      if (snippet.runs !== 'node') continue;
      const folder = await freshFolder();
      const { code } = await transform(source, { loader: 'ts' });
      await writeFile(join(folder, 'block.js'), code);
      await run(process.execPath, ['block.js'], { cwd: folder }).catch((error) =>
        assert.fail(`${place}\n${error.stderr}`),
      );
    }
    for (const { place, text } of of('js')) {
      const folder = await freshFolder();
      await writeFile(join(folder, 'block.js'), text);
      await run(process.execPath, ['block.js'], { cwd: folder }).catch((error) =>
        assert.fail(`${place}\n${error.stderr}`),
      );
    }
  });

  test('runs in a page, without cross-origin isolation; so do blocks of HTML', async () => {
    const head = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">';
    const imports = {
      'likeness-search': '/node_modules/likeness-search/dist/web/likeness.js',
      'likeness-search/knn': '/node_modules/likeness-search/dist/web/likeness-knn.js',
      'likeness-search/elements/': '/node_modules/likeness-search/dist/elements/',
    };
    // What a reader sees who puts the block in a page: each list is filled, each tag is known.
    const filled = `
      for (const tag of ['likeness-similar', 'likeness-search']) {
        if (document.querySelector(tag)) await customElements.whenDefined(tag);
      }
      for (const list of document.querySelectorAll('likeness-similar')) {
        list.scrollIntoView(); // it is filled when it comes near the window
        while (list.results.length === 0) await new Promise((go) => setTimeout(go, 50));
      }`;
    const pages = of('html').map(({ place, text }) => ({
      place,
      html: `${head}${text}
        <script type="module">${filled}\nwindow.isDone = true;</script>`,
    }));
    for (const { place, snippet, source } of programs()) {
      if (snippet.runs !== 'page') continue;
      const { code } = await transform(source, { loader: 'ts' });
      const html = `${head}
        <script type="importmap">${JSON.stringify({ imports })}</script>${snippet.body ?? ''}
        <script type="module">${code}\nwindow.isDone = true;</script>`;
      pages.push({ place, html });
    }
    const browser = await launchChromium();
    try {
      for (const { place, html } of pages) {
        const folder = await freshFolder();
        // Pictures of the server are relative to the page, as the index has them.
        const asksServer = html.includes('search.example.org');
        const name = asksServer ? 'photos/page.html' : 'page.html';
        await writeFile(join(folder, name), html);
        const tree = await serveTree(folder);
        const open = async (api?: string): Promise<void> => {
          const context = await browser.newContext();
          try {
            // The server that the documents name, as it were.
            if (api) {
              await context.route('https://search.example.org/**', async (route) => {
                const { pathname, search } = new URL(route.request().url());
                await route.fulfill({ response: await route.fetch({ url: `${api}${pathname}${search}` }) });
              });
            }
            const page = await context.newPage();
            const problems: string[] = [];
            page.on('pageerror', (error) => problems.push(String(error)));
            page.on('console', (message) => {
              if (message.type() === 'error') problems.push(message.text());
            });
            await page.goto(`${tree.origin}/${name}`);
            const deadline = Date.now() + 60_000;
            while (problems.length === 0 && Date.now() < deadline) {
              if (await page.evaluate(() => 'isDone' in window)) break;
              await page.waitForTimeout(50);
            }
            assert.deepEqual(problems, [], place);
            assert.ok(Date.now() < deadline, `${place} comes to no end`);
          } finally {
            await context.close();
          }
        };
        try {
          if (asksServer) await withApi(folder, open, '--cors', tree.origin);
          else await open();
        } finally {
          await tree.close();
        }
      }
    } finally {
      await browser.close();
    }
  });
});

describe('commands within the text', () => {
  const spans = documents.flatMap(({ file, spans: list }) => list.map((span) => ({ file, span })));

  /** The options that a command has. */
  const helps = new Map<string, Promise<string>>();
  const help = (...command: string[]): Promise<string> => {
    const key = command.join(' ');
    const cli = join(base, 'node_modules/likeness-search/dist/node/cli.js');
    const text =
      helps.get(key) ?? run(process.execPath, [cli, ...command, '--help']).then(({ stdout }) => stdout);
    helps.set(key, text);
    return text;
  };
  /** The help of a command and of all below it. */
  const everyHelp = async (command: string[]): Promise<string[]> => {
    const text = await help(...command);
    const [, list = ''] = /^Commands:\n((?: .*\n?)*)/m.exec(text) ?? [];
    const names = [...list.matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name!);
    const below = names.filter((name) => name !== 'help').map((name) => everyHelp([...command, name]));
    return [text, ...(await Promise.all(below)).flat()];
  };
  const flagsOf = (text: string): string[] => text.match(/(?<![\w-])--?[a-z][\w-]*/g) ?? [];
  const has = (text: string, flag: string): boolean => flagsOf(text).includes(flag);

  test('likeness’ have their commands and options', async () => {
    let seen = 0;
    for (const { file, span } of spans) {
      const [, words] = /^(?:npx likeness-search|likeness) ([a-z].*)$/.exec(span) ?? [];
      if (words === undefined) continue;
      seen++;
      const [first = '', second = ''] = words.split(' ');
      const command = first === 'model' && second !== '' ? [first, second] : [first];
      const text = await help(...command).catch(() =>
        assert.fail(`${file}: ${span}: there is no such command`),
      );
      for (const flag of flagsOf(words)) assert.ok(has(text, flag), `${file}: ${span}: ${flag}`);
    }
    assert.ok(seen > 0);
  });

  test('options that stand alone are options of a command or a script', async () => {
    const known = new Set(flagsOf((await everyHelp([])).join('\n')));
    const scripts = (await readdir(join(root, 'scripts'))).filter((name) => name.endsWith('.mjs'));
    const sources = await Promise.all(scripts.map((name) => readFile(join(root, 'scripts', name), 'utf8')));
    const isOfScript = (name: string): boolean => {
      const option = new RegExp(`--${name}\\b|(?<=[\\s'])${name}'?: \\{ type|'${name}'`);
      return sources.some((source) => option.test(source));
    };
    let seen = 0;
    for (const { file, span } of spans) {
      // `--likeness-…` are properties of CSS.
      const [flag] = /^--(?!likeness-)[a-z][\w-]*/.exec(span) ?? [];
      if (flag === undefined) continue;
      seen++;
      assert.ok(known.has(flag) || isOfScript(flag.slice(2)), `${file}: ${span}`);
    }
    assert.ok(seen > 0);
  });

  test('npm’s have their scripts, and these know the words', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    let seen = 0;
    for (const { file, span } of spans) {
      const [, , name = 'test', , words = ''] =
        /^npm (run (?:-s )?([\w:]+)|test)( -- (.*))?$/.exec(span) ?? [];
      if (!span.startsWith('npm ')) continue;
      seen++;
      assert.ok(scripts[name], `${file}: ${span}: there is no script "${name}"`);
      const [, script] = /node (scripts\/[\w-]+\.mjs)/.exec(scripts[name]) ?? [];
      let source = await readFile(join(root, script!), 'utf8');
      if (name === 'bench') {
        const what = words.split(' ')[0]!;
        assert.ok(existsSync(join(root, 'test/bench', `${what}.ts`)), `${file}: ${span}: what is "${what}"?`);
        for (const part of ['scripts/bench-peers.mjs', 'scripts/features.mjs']) {
          source += await readFile(join(root, part), 'utf8');
        }
        source += await readFile(join(root, 'test/bench', `${what}.ts`), 'utf8');
      }
      for (const flag of flagsOf(words)) {
        const bare = flag.replace(/^-+/, '');
        assert.match(source, new RegExp(`\\b${bare}\\b`), `${file}: ${span}: ${flag}`);
      }
    }
    assert.ok(seen > 0);
  });
});
