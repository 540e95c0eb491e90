// Which files of a folder are its site's pictures: where URLs lead, links, names, what is left out and why.
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { globsOf } from '../../src/site/scan/glob.ts';
import { locate, pageUrl } from '../../src/site/scan/locate.ts';
import { checkFound, type Scan, type ScanOptions, scanSite } from '../../src/site/scan/scan.ts';
import { withFolder } from '../support/cli.ts';

const defaults: ScanOptions = {
  base: { path: '/', origin: undefined },
  leaveOut: new Set(['likeness']),
  pictures: [],
  select: undefined,
  exclude: [],
  signal: undefined,
  onPage: undefined,
};

/** Writes files, text or nothing in particular, below a folder. */
async function fill(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function scanOf(files: Record<string, string>, options: Partial<ScanOptions> = {}): Promise<Scan> {
  return withFolder(async (folder) => {
    await fill(folder, files);
    return scanSite(folder, { ...defaults, ...options });
  });
}

const ids = ({ pictures }: Scan): string[] => pictures.map(({ id }) => id);
const left = ({ passedOver }: Scan): Record<string, string[]> =>
  Object.fromEntries([...passedOver].map(([reason, list]) => [reason, [...list]]));

describe('the pictures of a site', () => {
  test('one file is one picture with all its places, in the order of pages and document', async () => {
    const scan = await scanOf({
      'a.jpg': '',
      'b/index.html': '<title>B</title><img src=../a.jpg alt=two><img src="/a.jpg" alt=three>',
      'a/index.html':
        '<title>A</title><figure><img src="../a.jpg?v=1#x" alt=one data-likeness-n=1><figcaption>c</figcaption></figure>',
      'a/later.htm': '<img src=../a.jpg><img src=../a.jpg data-likeness-n=2>',
    });
    assert.equal(scan.pages, 3);
    assert.deepEqual(
      scan.pictures.map(({ file: _, ...picture }) => picture),
      [
        {
          id: 'a.jpg',
          aliases: [],
          meta: { n: '1' },
          places: [
            { page: 'a/index.html', alt: 'one', caption: 'c', title: 'A' },
            { page: 'a/later.htm' },
            { page: 'b/index.html', alt: 'two', title: 'B' },
            { page: 'b/index.html', alt: 'three', title: 'B' },
          ],
        },
      ],
    );
  });

  test('names with every special character', async () => {
    const names = [
      'a b.jpg',
      'été 1.jpg',
      '100%.jpg',
      '%41.jpg',
      'a#b.jpg',
      'a?b.jpg',
      'a&b.jpg',
      'a"b.jpg',
      "a'b.jpg",
      'a<b>.jpg',
      'a;b=c,d.jpg',
      '日本語.jpg',
      '😀.jpg',
      'a\u202eb.jpg',
      '[a](b){c}!$*@~^`|+.jpg',
      'a\\b.jpg',
      '-rf.jpg',
      '__proto__',
      'constructor/x.jpg',
      'a:b.jpg',
      ' lead.jpg',
    ];
    const url = (name: string): string => name.split('/').map(encodeURIComponent).join('/');
    const files = Object.fromEntries(names.map((name) => [name, '']));
    const page = (write: (name: string) => string): string =>
      names.map((name) => `<img src="/${write(name)}">`).join('');
    const scan = await scanOf({ ...files, 'index.html': page(url) });
    assert.deepEqual(ids(scan), [...names].sort());
    // As people write them, with only what cannot stand for itself encoded.
    const plain = (name: string): string =>
      name
        .replace(/%(?=41)/, '%25')
        .replaceAll('#', '%23')
        .replaceAll('?', '%3F')
        .replaceAll('\\', '%5C')
        .replaceAll('&', '&amp;')
        .replaceAll('"', '&quot;');
    assert.deepEqual(ids(await scanOf({ ...files, 'index.html': page(plain) })), [...names].sort());
  });

  test('é is found whether it is one character or two, on disk or in the page', async () => {
    const [one, two] = ['caf\u00e9.jpg', 'cafe\u0301.jpg'] as const;
    for (const [disk, html] of [
      [one, two],
      [two, one],
    ] as const) {
      const scan = await scanOf({ [disk]: '', 'index.html': `<img src="${html}">` });
      assert.deepEqual(
        scan.pictures.map(({ id, aliases }) => [id, aliases]),
        [[disk, [html]]],
      );
    }
    const both = await scanOf({ [one]: '', [two]: '', 'index.html': `<img src="${one}"><img src="${two}">` });
    assert.deepEqual(
      both.pictures.map(({ id, aliases }) => [id, aliases]),
      [
        [two, []],
        [one, []],
      ],
    );
  });

  test('case counts, as it does for servers', async () => {
    const scan = await scanOf({ 'A.JPG': '', 'b.jpg': '', 'index.html': '<img src=a.jpg><img src=b.jpg>' });
    assert.deepEqual(ids(scan), ['b.jpg']);
    assert.deepEqual(left(scan), { missing: ['a.jpg'] });
  });

  test('where URLs lead', () => {
    const base = { path: '/blog/', origin: 'https://example.org' };
    const page = pageUrl('a/b c.html', base);
    const cases: [string, unknown][] = [
      ['x.jpg', 'a/x.jpg'],
      ['./x.jpg', 'a/x.jpg'],
      ['../x.jpg', 'x.jpg'],
      ['/blog/x.jpg', 'x.jpg'],
      ['//site.invalid/blog/x.jpg', 'x.jpg'],
      ['https://example.org/blog/x.jpg', 'x.jpg'],
      [' x.jpg\n', 'a/x.jpg'],
      ['x\\y.jpg', 'a/x/y.jpg'],
      ['%78.jpg', 'a/x.jpg'],
      ['caf%E9.jpg', 'a/caf%E9.jpg'],
      ['50%.jpg', 'a/50%.jpg'],
      ['/x.jpg', 'outside'],
      ['/blogx/x.jpg', 'outside'],
      ['../../x.jpg', 'outside'],
      ['../../../../../etc/passwd', 'outside'],
      ['..%2f..%2f..%2fetc/passwd', 'outside'],
      ['%2e%2e/%2e%2e/etc/passwd', 'outside'],
      ['a/..%5c..%5cx.jpg', 'outside'],
      ['/blog//etc/passwd', 'outside'],
      ['x%00.jpg', 'outside'],
      ['https://example.com/blog/x.jpg', 'remote'],
      ['//example.com/x.jpg', 'remote'],
      ['file:///etc/passwd', 'remote'],
      ['blob:x', 'remote'],
      ['http://[', 'remote'],
      ['data:image/png;base64,AAAA', 'data-url'],
    ];
    for (const [url, wanted] of cases) {
      const located = locate(url, page, base);
      assert.equal('path' in located ? located.path : located.not, wanted, url);
    }
    assert.deepEqual(locate('x.jpg', pageUrl('a/b.html', base, '/blog/c/'), base), { path: 'c/x.jpg' });
    assert.deepEqual(locate('x.jpg', pageUrl('a/b.html', base, 'https://cdn.example/'), base), {
      not: 'remote',
    });
    assert.deepEqual(locate('x.jpg', pageUrl('a/b.html', base, 'http://['), base), { path: 'a/x.jpg' });
  });

  test('links are followed within the folder, and refused where they lead out', async () => {
    await withFolder(async (outer) => {
      const folder = join(outer, 'site');
      await fill(outer, { 'secret/1.jpg': '', 'secret.jpg': '' });
      await fill(folder, {
        'photos/1.jpg': '',
        'index.html':
          '<img src=link.jpg><img src=album/1.jpg><img src=out.jpg><img src=outer/1.jpg><img src=up/site/photos/1.jpg><img src=nowhere.jpg><img src=round/round/photos/1.jpg>',
      });
      await symlink('photos/1.jpg', join(folder, 'link.jpg'));
      await symlink('photos', join(folder, 'album'));
      await symlink('../secret.jpg', join(folder, 'out.jpg'));
      await symlink(join(outer, 'secret'), join(folder, 'outer'));
      await symlink('..', join(folder, 'up'));
      await symlink('.', join(folder, 'round'));
      await symlink('gone.jpg', join(folder, 'nowhere.jpg'));
      const scan = await scanSite(folder, defaults);
      assert.deepEqual(ids(scan), ['album/1.jpg', 'link.jpg']);
      assert.deepEqual(left(scan), {
        outside: ['out.jpg', 'outer/1.jpg', 'up/site/photos/1.jpg'],
        missing: ['nowhere.jpg', 'round/round/photos/1.jpg'],
      });
      assert.deepEqual(scan.unread.map(({ path }) => path).sort(), ['nowhere.jpg', 'out.jpg', 'outer', 'up']);
    });
  });

  test('what is left out is counted by its reason', async () => {
    const scan = await scanOf(
      {
        '1.jpg': '',
        '2.jpg': '',
        '3.jpg': '',
        'logo.svg': '',
        'x/icons/i.png': '',
        'likeness/small/1.jpg': '',
        'likeness/page.html': '<img src=../2.jpg>',
        'index.html': `<main><img src=1.jpg></main><img src=2.jpg><main><img src=3.jpg data-likeness-ignore>
          <img src=logo.svg><img src=https://example.com/1.jpg><img src="data:image/gif;base64,R0"><img src=x/icons/i.png>
          <img src=gone.jpg><img src=gone.jpg><img src="likeness/small/1.jpg"></main>`,
      },
      { select: 'main img', exclude: ['icons/', '**/icons/**'] },
    );
    assert.deepEqual(ids(scan), ['1.jpg']);
    assert.deepEqual(left(scan), {
      'not-selected': ['2.jpg'],
      ignored: ['3.jpg'],
      format: ['logo.svg'],
      remote: ['https://example.com/1.jpg'],
      'data-url': ['data:image/gif;base64,R0'],
      excluded: ['x/icons/i.png'],
      missing: ['gone.jpg', 'likeness/small/1.jpg'],
    });
    const shown = await scanOf({
      '1.jpg': '',
      'a.html': '<img src=1.jpg data-likeness-ignore>',
      'b.html': '<img src=1.jpg>',
    });
    assert.deepEqual([ids(shown), left(shown)], [['1.jpg'], {}]);
    assert.deepEqual(shown.pictures[0]!.places, [{ page: 'b.html' }]);
  });

  test('the largest file that is there; the others are aliases, unless they are pictures themselves', async () => {
    const scan = await scanOf({
      '400.jpg': '',
      '800.jpg': '',
      'x.webp': '',
      'own.jpg': '',
      'v.svg': '',
      'a.html': `<picture><source srcset="v.svg 9000w, x.webp 300w"><img src=own.jpg srcset="400.jpg 400w, 800.jpg 800w, 1600.jpg 1600w, https://cdn.example/3200.jpg 3200w"></picture>`,
      'b.html': '<img src=own.jpg>',
    });
    assert.deepEqual(
      scan.pictures.map(({ id, aliases }) => [id, aliases]),
      [
        ['800.jpg', ['400.jpg', 'x.webp']],
        ['own.jpg', []],
      ],
    );
    assert.deepEqual(left(scan), {});
  });

  test('--base is where the site is served; pages that were built for another say so', async () => {
    const files = { 'photos/1.jpg': '', 'index.html': '<img src=/blog/photos/1.jpg>' };
    assert.deepEqual(ids(await scanOf(files, { base: { path: '/blog/', origin: undefined } })), [
      'photos/1.jpg',
    ]);
    const without = await scanOf(files);
    assert.throws(() => checkFound(without, 'site'), { code: 'not-found', message: /--base \/blog\// });
    assert.throws(() => checkFound({ ...without, pages: 0 }, 'site'), /There is no HTML in site/);
  });

  test('folders of pictures without HTML, within the site and outside', async () => {
    await withFolder(async (outer) => {
      const folder = join(outer, 'site');
      await fill(outer, {
        'originals/deep/1.jpg': '',
        'originals/.hidden.jpg': '',
        'originals/notes.txt': '',
      });
      await fill(folder, {
        'photos/2.jpg': '',
        'photos/x.heic': '',
        'other/3.jpg': '',
        'index.html': '<img src=big/deep/1.jpg alt=x>',
      });
      const scan = await scanSite(folder, {
        ...defaults,
        pictures: [
          { folder: join(folder, 'photos'), servedAt: 'photos', inside: true },
          { folder: join(outer, 'originals'), servedAt: 'big', inside: false },
        ],
      });
      assert.deepEqual(
        scan.pictures.map(({ id, file, places }) => [id, file, places.length]),
        [
          ['big/deep/1.jpg', join(outer, 'originals/deep/1.jpg'), 1],
          ['photos/2.jpg', join(folder, 'photos/2.jpg'), 0],
        ],
      );
      assert.deepEqual(left(scan), { format: ['photos/x.heic'] });
    });
  });

  test('patterns', () => {
    const fits = (pattern: string, ...paths: string[]): boolean[] => paths.map(globsOf([pattern]));
    assert.deepEqual(fits('*.png', 'a.png', 'x/y/a.png', 'a.jpg'), [true, true, false]);
    assert.deepEqual(fits('icons/*', 'icons/a.png', 'icons/x/a.png', 'x/icons/a.png'), [true, false, false]);
    assert.deepEqual(fits('/icons/', 'icons/a.png', 'icons/x/.a.png', 'x/icons/a.png'), [true, true, false]);
    assert.deepEqual(fits('**/{a,b}?.{jpg,png}', 'x/a1.jpg', 'b2.png', 'c1.jpg'), [true, true, false]);
    assert.deepEqual(globsOf([])('a'), false);
  });

  test('a picture on 5,000 pages', { timeout: 60_000 }, async () => {
    const pages = Array.from({ length: 5000 }, (_, n) => [
      `p/${n}/index.html`,
      `<title>${n}</title><img src=/logo.png alt=logo><img src=/${n}.jpg>`,
    ]);
    const scan = await scanOf({ 'logo.png': '', '7.jpg': '', ...Object.fromEntries(pages) });
    assert.equal(scan.pages, 5000);
    assert.deepEqual(ids(scan), ['7.jpg', 'logo.png']);
    assert.equal(scan.pictures[1]!.places.length, 5000);
    assert.equal(scan.passedOver.get('missing')!.size, 4999);
  });

  test('it ends when it is to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(scanOf({ 'index.html': '' }, { signal }), /enough/);
    await assert.rejects(scanSite('/nowhere/at/all', defaults), { code: 'not-found' });
  });
});
