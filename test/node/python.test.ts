import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ensurePython } from '../../scripts/python.mjs';
import { ImageSearch, networkInput } from '../../src/api/image-search.node.ts';
import { encodeNpy, parseNpy } from '../../src/python/npy.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { decode, encodeAll, madePictures, oddNames } from '../support/static-decode.ts';

const run = promisify(execFile);
const python = ensurePython();

/** Runs a program with the real NumPy and Pillow in a folder. */
async function runPython(code: string, cwd: string): Promise<string> {
  return (await run(python, ['-c', code], { cwd, maxBuffer: 1 << 26 })).stdout;
}

/** The n-th Python block of a page of the documentation. */
async function block(page: string, n: number): Promise<string> {
  const text = await readFile(join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/```python\n([\s\S]*?)```/g)][n]![1]!;
}

let folder: string;
let end: () => void;
let finished: Promise<void>;
/** 50 photographs in the index, 50 others as queries. */
let queries: Float32Array[];
let answers: string[][];

before(async () => {
  await new Promise<void>((ready, failed) => {
    finished = withFolder(async (path) => {
      folder = path;
      const names = (await readdir(samples)).filter((name) => name.endsWith('.jpeg')).slice(0, 100);
      await using search = await ImageSearch.open({ store: `file:${join(folder, 'index')}` });
      await search.add(names.slice(0, 50).map((name) => ({ id: name, image: join(samples, name) })));
      queries = [];
      for (const name of names.slice(50)) queries.push(await search.extract(join(samples, name)));
      const hits = await search.queryMany(queries, { k: 30 });
      answers = hits.map((list) => list.map(({ id }) => id));
      await search.close();
      await new Promise<void>((done) => {
        end = done;
        ready();
      });
    });
    finished.catch(failed);
  });
});

after(async () => {
  end?.();
  await finished;
});

const cli = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await likeness(...args);
  assert.equal(code, 0, stderr);
  return stdout;
};

describe('from here to Python', () => {
  test('the tutorial’s search over our features gives our ids in our order, for 50 queries', async () => {
    await cli(
      'export',
      join(folder, 'index'),
      '--npy',
      join(folder, 'features.npy'),
      '--ids',
      join(folder, 'ids.json'),
    );
    const code = await block('python.md', 0);
    assert.ok(
      code
        .trim()
        .split('\n')
        .filter((line) => line.trim() !== '').length <= 12,
    );
    for (const [n, query] of queries.entries()) {
      await writeFile(join(folder, 'query.npy'), encodeNpy(query, [query.length]));
      // Fifty starts of Python would take long; the lines are those of the page.
      await writeFile(join(folder, `query-${n}.npy`), encodeNpy(query, [query.length]));
    }
    const printed = await runPython(
      `import contextlib, io, shutil\ncode = ${JSON.stringify(code)}\nfor n in range(${queries.length}):\n  shutil.copy(f'query-{n}.npy', 'query.npy')\n  exec(code)\n  print('.')`,
      folder,
    );
    const lists = printed.split('\n.\n').slice(0, -1);
    assert.equal(lists.length, 50);
    for (const [n, list] of lists.entries()) {
      assert.deepEqual(
        list.split('\n').map((line) => line.split(' ')[1]),
        answers[n],
        `query ${n}`,
      );
    }
  });

  test('a file for each picture, and float16 as NumPy rounds', async () => {
    const index = join(folder, 'index');
    await cli(
      'export',
      index,
      '--per-image',
      join(folder, 'each'),
      '--npy',
      join(folder, 'half.npy'),
      '--dtype',
      'f2',
    );
    await cli('export', index, '--npy', join(folder, 'features.npy'), '--ids', join(folder, 'ids.json'));
    await cli('export', index, '--per-image', join(folder, 'each'));
    await runPython(
      `import json
import numpy as np
features, half, ids = np.load('features.npy'), np.load('half.npy'), json.load(open('ids.json'))
assert features.dtype == np.float32 and half.dtype == np.float16
assert (features.astype(np.float16).view(np.uint16) == half.view(np.uint16)).all()
for name, row in zip(ids, features):
    one = np.load('each/' + name.rsplit('.', 1)[0] + '.npy')
    assert one.shape == row.shape and (one == row).all()`,
      folder,
    );
  });

  test('the index file can be read with the lines of FORMAT.md', async () => {
    const index = join(folder, 'index');
    await cli('export', index, '--npy', join(folder, 'features.npy'), '--ids', join(folder, 'ids.json'));
    const [name] = (await readdir(index)).filter((file) => file.endsWith('.likeness'));
    await writeFile(join(folder, 'index.likeness'), await readFile(join(index, name!)));
    const code = await block('FORMAT.md', 0);
    await runPython(
      `${code}\nids = json.load(open('ids.json'))\nassert list(pictures) == ids\nassert (np.array([pictures[i] for i in ids]) == np.load('features.npy')).all()`,
      folder,
    );
  });
});

test('a static site’s lists can be read with the lines of SITE.md', () =>
  withFolder(async (at) => {
    const names = [...oddNames, ...Array.from({ length: 280 }, (_, row) => `photos/${row}.jpg`)];
    const made = madePictures(names.length, 24, { id: (row) => names[row]! });
    const files = await encodeAll({ ...made, k: 30, base: '/', root: '../', smallSize: 240 });
    await mkdir(join(at, 'likeness'));
    for (const [name, bytes] of files) await writeFile(join(at, 'likeness', name), bytes);
    const decoded = decode(files);
    assert.ok(decoded.parts.length > 3);
    const wanted = decoded.parts.flatMap(({ cards, pictures }) =>
      pictures.flatMap(([card, aliases, rows, steps]) => {
        let sum = 0;
        const distances = steps.map((step) => {
          sum += step;
          return sum / 2 ** 15;
        });
        return [cards[card]![1], ...aliases].map((path) => ({ path, rows, distances }));
      }),
    );
    assert.equal(wanted.length, names.length * 3);
    await writeFile(join(at, 'wanted.json'), JSON.stringify(wanted));
    await runPython(
      `${await block('SITE.md', 0)}
for one in json.load(open('wanted.json', encoding='utf-8')):
    assert similar(one['path']) == list(zip(one['rows'], one['distances'])), one['path']
for n in range(1000): assert similar('nowhere/%d' % n) is None`,
      at,
    );
  }));

describe('from Python to here', () => {
  test('features written by NumPy in every way give the same answers', async () => {
    await cli(
      'export',
      join(folder, 'index'),
      '--npy',
      join(folder, 'features.npy'),
      '--ids',
      join(folder, 'ids.json'),
    );
    await runPython(
      `import numpy as np
features = np.load('features.npy')
np.save('fortran.npy', np.asfortranarray(features))
np.save('big.npy', features.astype('>f8'))
with open('three.npy', 'wb') as file: np.lib.format.write_array(file, features, version=(3, 0))
np.savez('stored.npz', other=np.arange(3), features=features)
np.savez_compressed('packed.npz', features)`,
      folder,
    );
    const cases: [file: string, ...args: string[]][] = [
      ['features.npy'],
      ['fortran.npy'],
      ['big.npy'],
      ['three.npy'],
      ['stored.npz', '--array', 'features'],
      ['packed.npz'],
    ];
    for (const [file, ...args] of cases) {
      const index = join(folder, `from-${file}`);
      await cli('import', join(folder, file), '--ids', join(folder, 'ids.json'), ...args, '-o', index);
      await using search = await ImageSearch.open({ store: `file:${index}` });
      const hits = await search.queryMany(queries, { k: 30 });
      assert.deepEqual(
        hits.map((list) => list.map(({ id }) => id)),
        answers,
        file,
      );
    }
  });

  test('the tutorial’s folder of files, with ids and without', async () => {
    const index = join(folder, 'index');
    await cli(
      'export',
      index,
      '--per-image',
      join(folder, 'static/feature'),
      '--ids',
      join(folder, 'given.json'),
    );
    const code = await block('python.md', 2);
    assert.ok(code.trim().split('\n').length <= 12);
    await runPython(code.replace("'.jpg'", "'.jpeg'"), folder);
    for (const [from, ...args] of [
      [join(folder, 'static/feature'), '--ids', join(folder, 'given.json')],
      [join(folder, 'features.npy'), '--ids', join(folder, 'ids.json')],
    ]) {
      const target = join(folder, `again-${args.length}-${from!.endsWith('npy')}`);
      await cli('import', from!, ...args, '-o', target);
      await using search = await ImageSearch.open({ store: `file:${target}` });
      const hits = await search.queryMany(queries, { k: 30 });
      assert.deepEqual(
        hits.map((list) => list.map(({ id }) => id)),
        answers,
      );
    }
    const listing = `${await block('python.md', 1)}
wanted = np.load('features.npy')
assert list(features) == json.load(open('ids.json'))
assert all((features[id] == row).all() for id, row in zip(features, wanted))`;
    await cli('export', index, '--npy', join(folder, 'features.npy'), '--ids', join(folder, 'ids.json'));
    await runPython(listing, folder);
    const bare = join(folder, 'bare');
    await cli('import', join(folder, 'static/feature'), '-o', bare);
    await using search = await ImageSearch.open({ store: `file:${bare}` });
    const hits = await search.queryMany(queries, { k: 30 });
    assert.deepEqual(
      hits.map((list) => list.map(({ id }) => id)),
      answers,
    );
  });

  test('bad files are refused with the reason, and nothing changes', async () => {
    await runPython(
      `import json
import numpy as np
np.save('wide.npy', np.zeros((3, 7), np.float32))
np.save('cube.npy', np.zeros((3, 512, 1), np.float32))
np.save('whole.npy', np.zeros((3, 512), np.float32))
np.save('integers.npy', np.zeros((3, 512), np.int32))
np.save('objects.npy', np.array([{}, 1], dtype=object), allow_pickle=True)
np.savez('two.npz', a=np.zeros(1), b=np.zeros(1))
open('short.npy', 'wb').write(open('whole.npy', 'rb').read()[:-9])
open('negative.npy', 'wb').write(open('whole.npy', 'rb').read().replace(b'(3, 512)', b'(-3,512)'))
open('huge.npy', 'wb').write(open('whole.npy', 'rb').read().replace(b'(3, 512), }      ', b'(99999999999, 512)}'[:19].ljust(17)))
open('magic.npy', 'wb').write(b'not a file of numpy at all' * 9)
open('damaged.npz', 'wb').write(open('two.npz', 'rb').read()[:-200])
json.dump(['a', 'b', 'c'], open('three.json', 'w'))
json.dump(['a', 'b'], open('two.json', 'w'))
json.dump(['a', 'b', 'a'], open('twice.json', 'w'))`,
      folder,
    );
    const cases: [file: string, ids: string, message: RegExp][] = [
      ['wide.npy', 'three.json', /wide\.npy has rows of 7 values; wanted 512/],
      ['cube.npy', 'three.json', /cube\.npy has the shape \(3, 512, 1\); wanted a matrix/],
      ['integers.npy', 'three.json', /'<i4'; wanted float16, float32 or float64/],
      ['objects.npy', 'three.json', /Python objects/],
      ['short.npy', 'three.json', /short\.npy is truncated: 6263 bytes came.*needs 6272/],
      ['negative.npy', 'three.json', /negative\.npy has the shape \(-3,512\)/],
      ['huge.npy', 'three.json', /huge\.npy (is truncated|has)/],
      ['magic.npy', 'three.json', /magic\.npy does not begin with NumPy's magic/],
      ['two.npz', 'three.json', /holds a, b; name one with --array\./],
      ['damaged.npz', 'three.json', /damaged\.npz|\.npz file/],
      ['whole.npy', 'two.json', /has 3 rows, .*two\.json has 2 ids/],
      ['whole.npy', 'twice.json', /the id "a" twice/],
      ['whole.npy', 'wide.npy', /wide\.npy is no text in UTF-8/],
      ['nothing.npy', 'three.json', /nothing\.npy cannot be read/],
    ];
    const before = await readdir(folder);
    for (const [file, ids, message] of cases) {
      const result = await likeness(
        'import',
        join(folder, file),
        '--ids',
        join(folder, ids),
        '-o',
        join(folder, 'refused'),
      );
      assert.equal(result.code, 1, `${file}: ${result.stdout}`);
      assert.match(result.stderr, message, file);
    }
    assert.deepEqual(await readdir(folder), before);
  });

  test('the tutorial’s preprocessing gives our network input, byte for byte, for 100 pictures', async () => {
    const place = join(folder, 'kinds');
    await mkdir(place);
    const names = (await readdir(samples)).filter((name) => name.endsWith('.jpeg')).slice(200, 300);
    // A fifth each: as they are, with an alpha channel, with a palette, grey JPEG, grey PNG.
    await writeFile(join(place, 'names.json'), JSON.stringify(names));
    const printed = await runPython(
      `import json
import numpy as np
from PIL import Image
files, rows = [], []
for n, name in enumerate(json.load(open('names.json'))):
    image = Image.open(${JSON.stringify(samples)} + '/' + name)
    kind, stem = n % 5, name.rsplit('.', 1)[0]
    if kind == 0: path = ${JSON.stringify(samples)} + '/' + name
    elif kind == 1:
        path = stem + '-alpha.png'
        ramp = Image.linear_gradient('L').resize(image.size)
        image.convert('RGB').putalpha(ramp) or None
        rgba = image.convert('RGBA'); rgba.putalpha(ramp); rgba.save(path)
    elif kind == 2: path = stem + '-palette.png'; image.convert('P', palette=Image.Palette.ADAPTIVE).save(path)
    elif kind == 3: path = stem + '-grey.jpg'; image.convert('L').save(path, quality=90)
    else: path = stem + '-grey.png'; image.convert('L').save(path)
    # The tutorial's lines; the model's input is 64 × 64.
    img = Image.open(path).resize((64, 64)).convert('RGB')
    x = np.asarray(img, dtype=np.float32)[..., ::-1].copy()
    for channel, mean in enumerate([103.939, 116.779, 123.68]): x[..., channel] -= mean
    files.append(path); rows.append(x.transpose(2, 0, 1))
np.save('inputs.npy', np.array(rows, dtype=np.float32))
print(json.dumps(files))`,
      place,
    );
    const files: string[] = JSON.parse(printed);
    const { data, shape } = parseNpy(await readFile(join(place, 'inputs.npy')));
    assert.deepEqual(shape, [100, 3, 64, 64]);
    for (const [n, file] of files.entries()) {
      const input = await networkInput(join(file.startsWith('/') ? '' : place, file), { exif: 'ignore' });
      const wanted = data.subarray(n * input.data.length, (n + 1) * input.data.length);
      const same = Buffer.from(input.data.buffer, input.data.byteOffset, input.data.byteLength).equals(
        Buffer.from(wanted.buffer, wanted.byteOffset, wanted.byteLength),
      );
      assert.ok(same, file);
    }
  });
});
