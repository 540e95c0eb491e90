import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseNpy } from '../../src/python/npy.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { likenessIn, root, samples, withFolder } from './cli.ts';
import { seeded } from './random.ts';

/** The plain description: which picture each id of an index is of. */
type Content = Map<string, number>;

/** Photographs that are copied about. */
const photographs = ['A001', 'A002', 'B001', 'C001', 'D001', 'E001'];
/** Names that pictures have: some that meet without an ending, or without case. */
const names = [
  'x.jpg',
  'x.jpeg',
  'X.jpg',
  'sub/x.jpg',
  'sub/y.jpg',
  'ü – 絵.jpg',
  'deep/er/z.jpg',
  'CON.jpg',
];
/** Two that always stay: a folder without pictures is another story. */
const fixed = ['keep 0.jpg', 'keep 1.jpg'];
/** Files of the user's, wherever commands write. */
const foreign = [
  'index/notes.txt',
  'index/lock.txt',
  'index.partial/a',
  'index.tmp',
  'each/mine.txt',
  'pics/notes.txt',
];

/**
 * Runs random commands on pictures and indexes in a fresh folder, kills some of them, and compares what is there with a
 * plain description after each.
 *
 * @param until performance.now() after which no further command is begun
 * @returns how many commands were run
 */
export function runCliModel(seed: number, until: number): Promise<number> {
  return withFolder(async (folder) => {
    const world = new World(folder, seed);
    await world.begin();
    while (performance.now() < until) await world.step();
    return world.history.length;
  });
}

class World {
  readonly history: string[] = [];
  readonly #folder: string;
  readonly #next: () => number;
  /** The folder of pictures: a photograph's number, or `undefined` for a file that is none. */
  readonly #pictures = new Map<string, number | undefined>();
  /** `index`, and what was imported from it. */
  readonly #indexes = new Map<string, Content>();
  /** Of each photograph. */
  #features: Float32Array[] = [];
  #commands = '';
  #pruning = false;
  #parity: string[] = [];
  #changes = 0;

  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#next = seeded(seed);
    this.history.push(`seed ${seed}`);
  }

  async begin(): Promise<void> {
    for (const path of foreign) {
      await mkdir(join(this.#folder, path, '..'), { recursive: true });
      await writeFile(join(this.#folder, path), `mine: ${path}`);
    }
    for (const [n, name] of fixed.entries()) await this.#put(name, n);
    this.#commands = (await likenessIn(this.#folder, '--help')).stdout;
    this.#pruning = (await likenessIn(this.#folder, 'index', '--help')).stdout.includes('--prune');
    for (const name of photographs) {
      await cp(join(samples, `${name}.jpeg`), join(this.#folder, 'all', `${name}.jpg`));
    }
    await this.#run('index', 'all', '-o', 'known');
    this.#features = (await this.#read('known')).map(({ vector }) => vector);
    await rm(join(this.#folder, 'known'), { recursive: true });
  }

  async step(): Promise<void> {
    try {
      for (let n = this.#below(3); n > 0; n--) await this.#changePictures();
      await this.#pick([
        () => this.#index(),
        () => this.#index(),
        () => this.#killedIndex(),
        () => this.#killedIndex(),
        () => this.#exportAndImport(),
        () => this.#exportAndImport(),
        () => this.#killedExport(),
        () => this.#killedImport(),
        () => this.#remove(),
        () => this.#check(),
      ])();
      await this.#compareAll();
    } catch (error) {
      throw new Error(`${(error as Error).message}\nafter:\n  ${this.history.join('\n  ')}`, {
        cause: error,
      });
    }
  }

  async #changePictures(): Promise<void> {
    const name = this.#pick(names);
    const change = this.#next();
    if (change < 0.75) await this.#put(name, this.#below(photographs.length));
    else if (change < 0.87) {
      this.history.push(`rm pics/${name}`);
      await rm(join(this.#folder, 'pics', name), { force: true });
      this.#pictures.delete(name);
    } else await this.#put(name, undefined);
  }

  async #put(name: string, photograph: number | undefined): Promise<void> {
    this.history.push(`pics/${name} = ${photograph === undefined ? 'no picture' : photographs[photograph]}`);
    const path = join(this.#folder, 'pics', name);
    await mkdir(join(path, '..'), { recursive: true });
    if (photograph === undefined) await writeFile(path, 'no picture');
    else await cp(join(samples, `${photographs[photograph]}.jpeg`), path);
    await utimes(path, 1e9, 1e9 + this.#changes++); // a change that can be seen
    this.#pictures.set(name, photograph);
  }

  #indexArgs(): string[] {
    // Another kind of index takes the place of the one that is there. No photograph is turned, so it holds the same.
    if (this.#next() < 0.2) this.#parity = this.#parity.length === 0 ? ['--parity', 'keras'] : [];
    return ['index', 'pics', '-o', 'index', ...this.#parity, ...(this.#pruning ? ['--prune'] : [])];
  }

  async #index(): Promise<void> {
    const before = this.#indexes.get('index') ?? new Map();
    await this.#run(...this.#indexArgs());
    await this.#adopt('index', (id, photograph) => {
      if (!this.#pictures.has(id)) return `${id} is gone, and in the index`;
      const wanted = this.#pictures.get(id);
      // Of one that can no longer be read, the features of before may be there or not.
      if (wanted === undefined) return before.get(id) === photograph ? undefined : `${id} cannot be read`;
      return photograph === wanted ? undefined : `${id} has the features of another picture`;
    });
    for (const [id, photograph] of this.#pictures) {
      if (photograph !== undefined)
        assert.ok(this.#indexes.get('index')!.has(id), `${id} is not in the index`);
    }
  }

  /** What is there afterwards is of before, or of the pictures as they are. */
  async #killedIndex(): Promise<void> {
    const before = this.#indexes.get('index');
    await this.#kill(2500, ...this.#indexArgs());
    await this.#adopt(
      'index',
      (id, photograph) =>
        photograph === before?.get(id) || photograph === this.#pictures.get(id)
          ? undefined
          : `${id} has features of neither picture`,
      before === undefined,
    );
    for (const [id, photograph] of before ?? []) {
      const stays = this.#pictures.get(id) === photograph;
      if (stays) assert.ok(this.#indexes.get('index')?.has(id), `${id} was lost`);
    }
  }

  async #exportAndImport(): Promise<void> {
    const from = this.#pick([...this.#indexes.keys()]);
    if (from === undefined) return;
    const to = 'copy';
    const content = new Map(this.#indexes.get(from));
    const ways = [
      [['--file', 'x.likeness'], ['x.likeness']],
      [
        ['--npy', 'x.npy', '--ids', 'x.json'],
        ['x.npy', '--ids', 'x.json'],
      ],
      [['--per-image', 'each'], ['each']],
    ];
    const [out, back] = this.#pick(ways) as [string[], string[]];
    await this.#run('export', from, ...out);
    await this.#forget(to);
    await this.#run('import', ...back, '-o', to);
    this.#indexes.set(to, content);
  }

  /** The file is the one of before, or whole. */
  async #killedExport(): Promise<void> {
    const from = this.#pick([...this.#indexes.keys()]);
    if (from === undefined) return;
    await writeFile(join(this.#folder, 'out.npy'), 'old');
    await this.#kill(900, 'export', from, '--npy', 'out.npy');
    const bytes = await readFile(join(this.#folder, 'out.npy'));
    if (bytes.toString() === 'old') return;
    assert.equal(parseNpy(bytes).shape[0], this.#indexes.get(from)!.size, 'a file that is half written');
  }

  /** There is no index, or all of it. */
  async #killedImport(): Promise<void> {
    const from = this.#pick([...this.#indexes.keys()].filter((name) => name !== 'copy'));
    if (from === undefined) return;
    await this.#forget('copy');
    await this.#run('export', from, '--file', 'x.likeness');
    await this.#kill(900, 'import', 'x.likeness', '-o', 'copy');
    const files = await readdir(join(this.#folder, 'copy')).catch(() => [] as string[]);
    if (files.some((name) => name.endsWith('.likeness'))) {
      this.#indexes.set('copy', new Map(this.#indexes.get(from)));
    }
  }

  async #remove(): Promise<void> {
    if (!/^ {2}remove /m.test(this.#commands)) return;
    const from = this.#pick([...this.#indexes.keys()]);
    const ids = [...(this.#indexes.get(from!)?.keys() ?? [])];
    if (ids.length < 2) return;
    const id = this.#pick(ids)!;
    await this.#run('remove', from!, id);
    this.#indexes.get(from!)!.delete(id);
  }

  async #check(): Promise<void> {
    if (!/^ {2}check /m.test(this.#commands)) return;
    const from = this.#pick([...this.#indexes.keys()]);
    if (from !== undefined) await this.#run('check', from);
  }

  async #compareAll(): Promise<void> {
    for (const [name, content] of this.#indexes) {
      const there = new Map(
        (await this.#read(name)).map(({ id, vector }) => [id, this.#photographOf(vector)]),
      );
      assert.deepEqual([...there].sort(), [...content].sort(), name);
    }
    for (const path of foreign) {
      assert.equal(await readFile(join(this.#folder, path), 'utf8'), `mine: ${path}`);
    }
  }

  /** Takes what is in an index for its description, where `fault` finds none. */
  async #adopt(
    name: string,
    fault: (id: string, photograph: number) => string | undefined,
    mayBeMissing = false,
  ): Promise<void> {
    const files = await readdir(join(this.#folder, name)).catch(() => [] as string[]);
    if (mayBeMissing && !files.some((file) => file.endsWith('.likeness'))) return;
    const content: Content = new Map();
    for (const { id, vector } of await this.#readByCommand(name, mayBeMissing)) {
      const photograph = this.#photographOf(vector);
      const what = fault(id, photograph);
      assert.equal(what, undefined, what);
      assert.ok(!content.has(id), `${id} twice`);
      content.set(id, photograph);
    }
    // One that was killed before its first picture is no index to export yet.
    if (content.size > 0 || !mayBeMissing) this.#indexes.set(name, content);
  }

  #photographOf(vector: Float32Array): number {
    const found = this.#features.findIndex((known) => known.every((x, i) => Math.abs(x - vector[i]!) < 1e-5));
    assert.ok(found >= 0, 'features of no picture');
    return found;
  }

  /** Reads an index without a command, which takes a second. */
  async #read(name: string): Promise<{ id: string; vector: Float32Array }[]> {
    const index = await IndexStore.open(new FolderStore(join(this.#folder, name)));
    try {
      const { dimension } = index.info;
      const values = new Float32Array(index.entries.length * dimension);
      await index.readRows(index.entries, values);
      return index.entries.map(({ id }, n) => ({
        id,
        vector: values.slice(n * dimension, (n + 1) * dimension),
      }));
    } finally {
      await index.close();
    }
  }

  /** As the next command reads it: what a kill left is put right by it. */
  async #readByCommand(name: string, mayFail: boolean): Promise<{ id: string; vector: Float32Array }[]> {
    const args = ['export', name, '--npy', 'read.npy', '--ids', 'read.json'];
    const { code, stderr } = await likenessIn(this.#folder, ...args);
    if (mayFail && code !== 0 && /There is no index/.test(stderr)) return [];
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    const { data, shape } = parseNpy(await readFile(join(this.#folder, 'read.npy')));
    const ids: string[] = JSON.parse(await readFile(join(this.#folder, 'read.json'), 'utf8'));
    assert.equal(shape[0], ids.length);
    const d = shape[1]!;
    return ids.map((id, n) => ({ id, vector: Float32Array.from(data.subarray(n * d, (n + 1) * d)) }));
  }

  async #forget(name: string): Promise<void> {
    this.#indexes.delete(name);
    await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  async #run(...args: string[]): Promise<void> {
    this.history.push(args.join(' '));
    const { code, stderr } = await likenessIn(this.#folder, ...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  }

  /** Runs a command and kills it within so many milliseconds. */
  async #kill(maxMs: number, ...args: string[]): Promise<void> {
    const ms = Math.round(150 + this.#next() * maxMs);
    this.history.push(`${args.join(' ')}   (SIGKILL after ${ms} ms)`);
    const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
      cwd: this.#folder,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    await new Promise((exited) => child.on('exit', exited));
    clearTimeout(timer);
  }

  #below(n: number): number {
    return Math.floor(this.#next() * n);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }
}
