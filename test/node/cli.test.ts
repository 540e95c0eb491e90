import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { launchChromium } from '../../scripts/chromium.mjs';
import type { Hit } from '../../src/engine/types.ts';
import { parseNpy } from '../../src/python/npy.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';

/** Twelve of the samples in a folder with a folder below, indexed once for the tests that only read. */
const names = [
  'A001',
  'A002',
  'A010',
  'B001',
  'B002',
  'C001',
  'C005',
  'D001',
  'E001',
  'F001',
  'G001',
  'H001',
];
/** A BMP of 24 bits. */
function bmpOf(rgb: Uint8Array, width: number, height: number): Buffer {
  const bytes = Buffer.alloc(54 + rgb.length);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, width],
    [22, -height],
    [34, rgb.length],
  ] as const)
    bytes.writeInt32LE(value, at);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let at = 0; at < rgb.length; at += 3) bytes.set([rgb[at + 2]!, rgb[at + 1]!, rgb[at]!], 54 + at);
  return bytes;
}

let folder: string;
let release: () => void;
let pictures: string;
let index: string;
let finished: Promise<void>;

before(async () => {
  await new Promise<void>((ready, failed) => {
    finished = withFolder(async (path) => {
      folder = path;
      pictures = join(folder, 'my pictures');
      index = join(folder, 'index');
      await mkdir(join(pictures, 'more & more'), { recursive: true });
      for (const [n, name] of names.entries()) {
        await cp(join(samples, `${name}.jpeg`), join(pictures, n < 10 ? '' : 'more & more', `${name}.jpeg`));
      }
      const result = await likeness('index', pictures, '-o', index);
      assert.equal(result.code, 0, result.stderr);
      await new Promise<void>((end) => {
        release = end;
        ready();
      });
    });
    finished.catch(failed);
  });
});

after(async () => {
  release();
  await finished;
});

const query = async (...args: string[]): Promise<Hit[]> => {
  const result = await likeness('query', ...args, '-i', index, '--json');
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(result.stdout);
};

const oneLine = (text: string): void => {
  assert.match(text, /^likeness: .+\n$/);
  assert.equal(text.trimEnd().split('\n').length, 1, text);
};

describe('likeness query', () => {
  test('lists an indexed picture first, with distance 0, and ids with forward slashes', async () => {
    const hits = await query(join(pictures, 'more & more', 'G001.jpeg'));
    assert.equal(hits.length, names.length);
    assert.equal(hits[0]!.id, 'more & more/G001.jpeg');
    assert.ok(hits[0]!.distance < 1e-3, `distance ${hits[0]!.distance}`);
    for (const [rank, hit] of hits.entries()) {
      if (rank > 0) assert.ok(hit.distance >= hits[rank - 1]!.distance);
    }
  });

  test('-k limits the list; the table shows rank, distance and file', async () => {
    const result = await likeness('query', join(pictures, 'A010.jpeg'), '-i', index, '-k', '3');
    assert.equal(result.code, 0, result.stderr);
    const lines = result.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[0]!, /^rank\s+distance\s+file$/);
    assert.match(lines[1]!, /^\s+1\s+0\.000000\s+A010\.jpeg$/);
  });

  test('a vector made by `features` gives what the picture gives', async () => {
    const vector = join(folder, 'f.npy');
    const made = await likeness('features', join(pictures, 'C005.jpeg'), '-o', vector);
    assert.equal(made.code, 0, made.stderr);
    const { data, shape } = parseNpy(await readFile(vector));
    assert.deepEqual([...shape], [512]);
    assert.ok(Math.abs(Math.hypot(...data) - 1) < 1e-6);
    assert.deepEqual(await query(vector), await query(join(pictures, 'C005.jpeg')));
  });

  test('--plus and --minus: files, vectors and ids; what is known by its id is not extracted, nor an answer', async () => {
    const { rocchio } = await import('../../src/engine/rocchio.ts');
    const { ImageSearch } = await import('../../src/node.ts');
    const { encodeNpy } = await import('../../src/python/npy.ts');
    const file = (name: string): string => join(pictures, `${name}.jpeg`);
    await using search = await ImageSearch.open();
    const extracted = ['A001', 'A010', 'C005'].map((name) => search.extract(file(name)));
    const [a, b, c] = (await Promise.all(extracted)) as [Float32Array, Float32Array, Float32Array];
    const path = join(folder, 'unlike.npy');
    await writeFile(path, encodeNpy(c, [512]));
    const combined = join(folder, 'combined.npy');
    await writeFile(combined, encodeNpy(rocchio([a, b, c], [1, 1, -0.5]), [512]));
    const wanted = await query(combined);
    assert.deepEqual(await query(file('A001'), '--plus', file('A010'), '--minus', file('C005')), wanted);
    assert.deepEqual(await query(file('A001'), '--plus', file('A010'), '--minus', path), wanted);
    // By their ids: the same, without them.
    const others = wanted.filter(({ id }) => id !== 'A010.jpeg' && id !== 'C005.jpeg');
    const near = (hits: Hit[]) => hits.map(({ id, distance }) => [id, Math.round(distance * 1e5)]);
    const some = await query(file('A001'), '--plus', 'A010.jpeg', '--minus', 'C005.jpeg');
    assert.deepEqual(near(some), near(others));
    const page = join(folder, 'three.html');
    const all = await likeness(
      ...[
        'query',
        'A001.jpeg',
        '--plus',
        'A010.jpeg',
        '--minus',
        'C005.jpeg',
        '-i',
        index,
        '--html',
        page,
        '--json',
      ],
      // Nothing needs the network.
      ...['--backend', 'webgpu', '-k', '4'],
    );
    assert.equal(all.code, 0, all.stderr);
    assert.deepEqual(
      near(JSON.parse(all.stdout)),
      near(others.filter(({ id }) => id !== 'A001.jpeg').slice(0, 4)),
    );
    const html = await readFile(page, 'utf8');
    assert.match(html, /<h1>Nearest to A001.jpeg \+ A010.jpeg − C005.jpeg<\/h1>/);
    assert.equal(html.match(/<img src="data:image\/webp;base64,/g)?.length, 5);
    const alone = await query('more & more/G001.jpeg', '-k', '3');
    const itself = await query(join(pictures, 'more & more', 'G001.jpeg'), '-k', '4');
    assert.deepEqual(near(alone), near(itself.slice(1)));
  });

  test('--region searches by a part of the picture', async () => {
    const { ImageSearch } = await import('../../src/node.ts');
    const file = join(pictures, 'B001.jpeg');
    const region = { x: 30, y: 20, width: 90, height: 60 };
    await using search = await ImageSearch.open();
    const { encodeNpy } = await import('../../src/python/npy.ts');
    const cut = join(folder, 'cut.npy');
    await writeFile(cut, encodeNpy(await search.extract(file, { region }), [512]));
    const hits = await query(file, '--region', '30,20,90,60');
    assert.deepEqual(hits, await query(cut));
    assert.notDeepEqual(hits, await query(file));
  });

  test('--html writes one file that holds every picture', async () => {
    const page = join(folder, 'page.html');
    const result = await likeness('query', join(pictures, 'B001.jpeg'), '-i', index, '--html', page);
    assert.equal(result.code, 0, result.stderr);
    const html = await readFile(page, 'utf8');
    assert.equal(html.match(/<img src="data:image\/webp;base64,/g)?.length, names.length + 1);
    assert.ok(!/(src|href)="(?!data:)/.test(html), 'the page refers to something outside itself');
    assert.ok(html.includes('more &#38; more/G001.jpeg'), 'names are escaped');
  });

  test('--html shows what browsers do not, says what is gone, obeys no name; the policy lets all of it be seen', () =>
    withFolder(async (place) => {
      const source = join(place, 'pictures');
      await mkdir(source);
      const evil = '<img src=x onerror=document.title=1>"&\u202e.jpg';
      for (const [n, name] of ['gone.jpg', 'broken.jpg', 'photo.tif', 'photo.bmp', evil].entries()) {
        const picture = sharp(join(samples, `${names[n]}.jpeg`)).resize(64, 48);
        if (name.endsWith('.tif')) await picture.tiff({ compression: 'none' }).toFile(join(source, name));
        else if (name.endsWith('.bmp'))
          await writeFile(join(source, name), bmpOf(await picture.raw().toBuffer(), 64, 48));
        else await picture.jpeg().toFile(join(source, name));
      }
      const target = join(place, 'index');
      assert.equal((await likeness('index', source, '-o', target)).code, 0);
      await rm(join(source, 'gone.jpg'));
      await writeFile(join(source, 'broken.jpg'), 'no <b>picture</b>');
      const file = join(place, 'page.html');
      const result = await likeness('query', join(samples, 'A001.jpeg'), '-i', target, '--html', file);
      assert.equal(result.code, 0, result.stderr);
      assert.ok(!(await readFile(file, 'utf8')).includes(place), 'the page tells nothing of this machine');

      const browser = await launchChromium();
      try {
        const page = await browser.newPage();
        const said: string[] = [];
        page.on('console', (message) => said.push(message.text()));
        await page.goto(pathToFileURL(file).href);
        const shown = await page.evaluate(() =>
          [...document.querySelectorAll('main figure')].map((figure) => ({
            text: figure.querySelector('p')?.textContent ?? '',
            pixels: figure.querySelector('img')?.naturalWidth ?? 0,
            caption: figure.querySelector('figcaption')?.textContent ?? '',
          })),
        );
        assert.equal(shown.length, 5);
        const of = (name: string) => shown.find(({ caption }) => caption.endsWith(name));
        assert.match(of('gone.jpg')!.text, /^Cannot be shown: its file does not exist/);
        assert.match(of('broken.jpg')!.text, /^Cannot be shown: not a picture/);
        assert.match(of('gone.jpg')!.caption, /^\d \d\.\d{4} gone\.jpg$/);
        for (const name of ['photo.tif', 'photo.bmp', '>"&\\u202e.jpg'])
          assert.equal(of(name)?.pixels, 64, name);
        assert.deepEqual(said, [], 'the page keeps its own policy');
        assert.equal(
          await page.evaluate(() => getComputedStyle(document.querySelector('main')!).display),
          'grid',
        );
        assert.match(await page.title(), /^Nearest to /);
        // What somebody puts in is not run, and fetches nothing.
        const ran = await page.evaluate(async () => {
          document.body.insertAdjacentHTML(
            'beforeend',
            '<img src="https://example.org/x.png" onerror="window.ran = true">',
          );
          await new Promise((done) => setTimeout(done, 300));
          return 'ran' in window;
        });
        assert.equal(ran, false);
      } finally {
        await browser.close();
      }
    }));
});

describe('likeness export, tensor', () => {
  test('export writes the rows and the ids in one order', async () => {
    const npy = join(folder, 'features.npy');
    const ids = join(folder, 'ids.json');
    const result = await likeness('export', index, '--npy', npy, '--ids', ids);
    assert.equal(result.code, 0, result.stderr);
    const { data, shape } = parseNpy(await readFile(npy));
    const list: string[] = JSON.parse(await readFile(ids, 'utf8'));
    assert.deepEqual([...shape], [names.length, 512]);
    assert.deepEqual(list, [...list].sort());
    const vector = join(folder, 'row.npy');
    await likeness('features', join(pictures, list[4]!), '-o', vector);
    const one = parseNpy(await readFile(vector)).data;
    for (let j = 0; j < 512; j++) assert.ok(Math.abs(one[j]! - data[4 * 512 + j]!) < 1e-6);
  });

  test('tensor writes 1 × 3 × H × W float32', async () => {
    const path = join(folder, 'x.npy');
    const result = await likeness('tensor', join(pictures, 'A001.jpeg'), '-o', path);
    assert.equal(result.code, 0, result.stderr);
    const { data, shape } = parseNpy(await readFile(path));
    assert.deepEqual([...shape], [1, 3, 64, 64]);
    // As NumPy gives it for this picture: bytes are whole numbers before the mean is subtracted.
    assert.equal(data[0], 3.0609970092773438);
  });
});

describe('likeness index', () => {
  test('takes over what did not change, adds what is new, drops what is gone', () =>
    withFolder(async (place) => {
      const source = join(place, 'pictures');
      const target = join(place, 'index');
      await mkdir(source);
      for (const name of ['A001', 'A002', 'B001'])
        await cp(join(samples, `${name}.jpeg`), join(source, `${name}.jpeg`));
      const run = async () => JSON.parse((await likeness('index', source, '-o', target, '--json')).stdout);
      assert.equal((await run()).extracted, 3);
      const again = await run();
      assert.deepEqual([again.extracted, again.reused, again.count], [0, 3, 3]);
      await cp(join(samples, 'C001.jpeg'), join(source, 'C001.jpeg'));
      await rm(join(source, 'A002.jpeg'));
      await cp(join(samples, 'D001.jpeg'), join(source, 'B001.jpeg'));
      await utimes(join(source, 'B001.jpeg'), 1, 1);
      const third = await run();
      assert.deepEqual([third.extracted, third.reused, third.count], [2, 1, 3]);
      const idsFile = join(place, 'ids.json');
      assert.equal((await likeness('export', target, '--ids', idsFile)).code, 0);
      const ids = JSON.parse(await readFile(idsFile, 'utf8'));
      assert.deepEqual(ids, ['A001.jpeg', 'B001.jpeg', 'C001.jpeg']);
      const hits = JSON.parse(
        (await likeness('query', join(samples, 'D001.jpeg'), '-i', target, '--json')).stdout,
      );
      assert.equal(hits[0].id, 'B001.jpeg');
      assert.ok(hits[0].distance < 1e-3);
    }));

  test('reports unreadable pictures, counts them, and goes on', () =>
    withFolder(async (place) => {
      await cp(join(samples, 'A001.jpeg'), join(place, 'a.jpeg'));
      await writeFile(join(place, 'b.jpeg'), 'not a picture');
      const whole = await readFile(join(samples, 'A002.jpeg'));
      await writeFile(join(place, 'c.jpeg'), whole.subarray(0, whole.length >> 1));
      await writeFile(join(place, 'd.png'), '');
      const target = join(place, 'index');
      const result = await likeness('index', place, '-o', target);
      assert.equal(result.code, 0, result.stderr);
      for (const name of ['b.jpeg', 'c.jpeg', 'd.png'])
        assert.match(result.stderr, new RegExp(`^skipped ${name}: `, 'm'));
      assert.match(
        result.stdout,
        /1 pictures? \(1 indexed in .*, 3 skipped because they could not be read\)/,
      );
    }));

  test('fails with one line when no picture can be read, leaving no index', () =>
    withFolder(async (place) => {
      await writeFile(join(place, 'b.jpeg'), 'not a picture');
      const result = await likeness('index', place, '-o', join(place, 'index'));
      assert.equal(result.code, 1);
      assert.deepEqual(await readdir(place), ['b.jpeg']);
    }));
});

describe('errors', () => {
  const cases: [what: string, code: number, args: () => string[]][] = [
    ['no such command', 2, () => ['frobnicate']],
    ['no output', 2, () => ['index', pictures]],
    ['unknown option', 2, () => ['index', pictures, '-o', 'x', '--fast']],
    ['k of nought', 2, () => ['query', join(pictures, 'A001.jpeg'), '-i', index, '-k', '0']],
    ['k beyond all', 2, () => ['query', join(pictures, 'A001.jpeg'), '-i', index, '-k', '5000000000']],
    ['unknown device', 2, () => ['index', pictures, '-o', 'x', '--device', 'abacus']],
    ['unknown parity', 2, () => ['tensor', join(pictures, 'A001.jpeg'), '-o', 'x', '--parity', 'torch']],
    ['no such folder', 1, () => ['index', join(folder, 'nowhere'), '-o', join(folder, 'x')]],
    ['a file for a folder', 1, () => ['index', join(pictures, 'A001.jpeg'), '-o', join(folder, 'x')]],
    ['no pictures', 1, () => ['index', index, '-o', join(folder, 'x')]],
    ['no such model', 1, () => ['index', pictures, '-o', join(folder, 'x'), '--model', 'resnet']],
    ['no such model folder', 1, () => ['index', pictures, '-o', join(folder, 'x'), '--model', './nowhere']],
    ['no such picture to be like', 1, () => ['query', 'A001.jpeg', '--plus', 'nobody.jpeg', '-i', index]],
    ['a region of an id', 1, () => ['query', 'A001.jpeg', '--region', '0,0,9,9', '-i', index]],
    ['a region of no size', 2, () => ['query', 'A001.jpeg', '--region', '0,0,0,9', '-i', index]],
    ['a region of fractions', 2, () => ['query', 'A001.jpeg', '--region', '0,0,0.5,9', '-i', index]],
    [
      'a region outside',
      1,
      () => ['query', join(pictures, 'A001.jpeg'), '--region', '0,0,9,99999', '-i', index],
    ],
    ['no such query', 1, () => ['query', join(folder, 'nothing.jpg'), '-i', index]],
    ['a query that is no picture', 1, () => ['query', join(index, 'index-1.likeness'), '-i', index]],
    ['no such index', 1, () => ['query', join(pictures, 'A001.jpeg'), '-i', join(folder, 'nowhere')]],
    ['a vector of another width', 1, () => ['query', join(folder, 'short.npy'), '-i', index]],
    ['a port beyond the last', 2, () => ['serve', '--port', '65536']],
  ];
  for (const [what, code, args] of cases) {
    test(`${what}: one line, exit code ${code}`, async () => {
      if (what === 'a vector of another width') {
        const { encodeNpy } = await import('../../src/python/npy.ts');
        await writeFile(join(folder, 'short.npy'), encodeNpy(new Float32Array(7), [7]));
      }
      const result = await likeness(...args());
      assert.equal(result.code, code, result.stderr);
      assert.equal(result.stdout, '');
      oneLine(result.stderr);
    });
  }

  test('options that contradict each other, or do nothing, are refused by name', () =>
    withFolder(async (place) => {
      const { encodeNpy } = await import('../../src/python/npy.ts');
      const image = join(pictures, 'A001.jpeg');
      const [npy, ids, x] = [join(place, 'f.npy'), join(place, 'ids.json'), join(place, 'x')];
      await writeFile(npy, encodeNpy(new Float32Array(512), [1, 512]));
      await writeFile(ids, '["a"]');
      const file = join(place, 'a.likeness');
      assert.equal((await likeness('export', index, '--file', file)).code, 0);
      const refused: [code: number, message: RegExp, ...args: string[]][] = [
        [
          2,
          /--device means --backend wasm, and --backend webgpu/,
          'features',
          image,
          '-o',
          x,
          '--device',
          'wasm',
          '--backend',
          'webgpu',
        ],
        [
          2,
          /--device means --backend wasm, and --backend auto/,
          'index',
          pictures,
          '-o',
          x,
          '--backend',
          'auto',
          '--device',
          'wasm',
        ],
        [
          2,
          /--parity means --exif ignore, and --exif apply/,
          'tensor',
          image,
          '-o',
          x,
          '--exif',
          'apply',
          '--parity',
          'keras',
        ],
        [
          2,
          /--parity means --exif ignore/,
          'query',
          image,
          '-i',
          index,
          '--parity',
          'keras',
          '--exif',
          'apply',
        ],
        [1, /--dtype is for --npy and --per-image/, 'export', index, '--ids', x, '--dtype', 'f2'],
        [1, /--exif is for an index whose header is lost/, 'check', index, '--exif', 'ignore'],
        [1, /--ids does nothing for an index/, 'import', file, '--ids', ids, '-o', x],
        [1, /--ids does nothing for an index/, 'import', index, '--ids', ids, '-o', x],
        [1, /--array does nothing for an index/, 'import', file, '--array', 'a', '-o', x],
        [1, /--array does nothing for a folder/, 'import', place, '--array', 'a', '-o', x],
        [1, /one array; leave --array out/, 'import', npy, '--ids', ids, '--array', 'a', '-o', x],
      ];
      for (const [code, message, ...args] of refused) {
        const result = await likeness(...args);
        assert.deepEqual([result.code, result.stdout], [code, ''], args.join(' '));
        assert.match(result.stderr, message);
        oneLine(result.stderr);
        assert.equal((await readdir(place)).includes('x'), false, args.join(' '));
      }
      const same = ['--parity', 'keras', '--exif', 'ignore', '--device', 'wasm', '--backend', 'wasm'];
      assert.equal((await likeness('features', image, '-o', x, ...same)).code, 0);
    }));

  test('an index that has lost its header is refused', () =>
    withFolder(async (place) => {
      const copy = join(place, 'index');
      await cp(index, copy, { recursive: true });
      const [name] = await readdir(copy);
      const path = join(copy, name!);
      const bytes = await readFile(path);
      bytes.fill(0x55, 64, 512);
      await writeFile(path, bytes);
      const result = await likeness('query', join(pictures, 'A001.jpeg'), '-i', copy);
      assert.equal(result.code, 1);
      oneLine(result.stderr);
      assert.match(result.stderr, /has lost its header.*restore it from a copy, or make the index again/i);
    }));

  test('an index of another model is refused with both names', () =>
    withFolder(async (place) => {
      const copy = join(place, 'index');
      const { IndexStore } = await import('../../src/store/index-store.ts');
      const { FolderStore } = await import('../../src/store/media/store.node.ts');
      const whole = await IndexStore.open(new FolderStore(index));
      const { info } = whole;
      await whole.close();
      const real = info.model.fingerprint;
      const model = { ...info.model, fingerprint: 'vgg16@9:0123456789abcdef' };
      const other = await IndexStore.open(new FolderStore(copy), { create: { ...info, model } });
      await other.append([{ id: 'a', vector: new Float32Array(info.dimension).fill(1) }]);
      await other.close();
      const result = await likeness('query', join(pictures, 'A001.jpeg'), '-i', copy);
      assert.equal(result.code, 1);
      oneLine(result.stderr);
      assert.ok(result.stderr.includes('vgg16@9:0123456789abcdef') && result.stderr.includes(real));
    }));
});
