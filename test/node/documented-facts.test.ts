import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import { root } from '../support/cli.ts';
import { plain, readAllDocuments, readDocuments, textsOf } from '../support/markdown.ts';

describe('the documents', () => {
  const documents = readAllDocuments();

  test('link to files and headings that are there', () => {
    let seen = 0;
    for (const { file, links } of documents) {
      for (const link of links) {
        if (/^(https?:|mailto:)/.test(link)) continue;
        seen++;
        const [path = '', anchor] = decodeURI(link).split('#');
        const target = path === '' ? file : join(dirname(file), path);
        assert.ok(existsSync(join(root, target)), `${file} links to ${link}: there is no ${target}`);
        if (anchor === undefined) continue;
        const document = documents.find((other) => other.file === target);
        assert.ok(document?.anchors.includes(anchor), `${file} links to ${link}: no heading has that anchor`);
      }
    }
    assert.ok(seen > 20);
  });

  test('name files of the checkout that are there', () => {
    const folders = 'src|test|scripts|assembly|shaders|page|models|docs|licenses|examples';
    const path = new RegExp(`(?<![\\w./-])((?:${folders})/[\\w.*/{},-]*|[a-z]+\\.json)(?![\\w<])`, 'g');
    const files = folders
      .split('|')
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
          (name) => `${folder}/${name}`,
        ),
      );
    let seen = 0;
    for (const { file, spans, blocks } of documents) {
      // Only these two speak of the checkout; the others speak of a reader's own files.
      if (!['docs/ARCHITECTURE.md', 'CONTRIBUTING.md'].includes(file)) continue;
      // `src/<layer>/x.ts` stands for many.
      const texts = [
        ...spans.filter((span) => !/<|&lt;/.test(span)),
        ...blocks.filter(({ language }) => language === 'text').map(({ text }) => text),
      ];
      for (const [found] of texts.flatMap((text) => [...text.matchAll(path)])) {
        seen++;
        const name = found.replace(/[,./]+$/, '');
        const pattern = name
          .replaceAll('.', '\\.')
          .replace(/\*+/g, '[^/]*')
          .replace(/\{(.*?)\}/g, (_, names) => `(${names.replaceAll(',', '|')})`);
        const there =
          existsSync(join(root, name)) || files.some((one) => new RegExp(`^${pattern}$`).test(one));
        assert.ok(there, `${file} names ${name}, which is not there`);
      }
    }
    assert.ok(seen > 50);
  });
});

describe('docs/troubleshooting.md', () => {
  const { blocks } = readDocuments().find(({ file }) => file === 'docs/troubleshooting.md')!;
  const codeOf = (place: string): string | undefined => /› `(.*)`$/.exec(place)?.[1];

  test('has a section with messages for each code, and for no other', async () => {
    const source = await readFile(join(root, 'src/base/errors.ts'), 'utf8');
    const [, union = ''] = /export type ErrorCode =([^;]*);/.exec(source) ?? [];
    const codes = [...union.matchAll(/'(.*?)'/g)].map(([, code]) => code);
    assert.ok(codes.length > 10);
    const sectionsOf = blocks.filter(({ language }) => language === 'text').map(({ place }) => codeOf(place));
    assert.deepEqual([...sectionsOf].sort(), [...codes].sort());
  });

  test('quotes messages that the code has', async () => {
    const sources = (await textsOf('src')).map(plain);
    for (const { place, text } of blocks.filter(({ language }) => language === 'text')) {
      for (const message of text.split('\n')) {
        // Sentences are put together of parts.
        const pieces = message
          .split(/…|[:;.] |[:;.]$/)
          .map((piece) => piece.trim())
          .filter((piece) => /\w{2}/.test(piece));
        assert.ok(pieces.length > 0, message);
        for (const piece of pieces) {
          assert.ok(
            sources.some((source) => source.includes(piece)),
            `${place}: no message has: ${piece}`,
          );
        }
      }
    }
  });
});

describe('README.md', () => {
  test('says how many packages are installed', async () => {
    const readme = plain(await readFile(join(root, 'README.md'), 'utf8'));
    const said = Number(/(\d+) packages in all/.exec(readme)?.[1]);
    const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    type Locked = Partial<Record<'dev' | 'devOptional' | 'peer' | 'optional', boolean>>;
    const dependencies = Object.entries<Locked>(packages).filter(
      ([path, { dev, devOptional, peer, optional }]) =>
        path !== '' && !(dev || devOptional || peer || optional),
    );
    assert.equal(said, dependencies.length + 1, 'the package itself is one');
  });

  test('says what the first open fetches, within 10 %', async () => {
    const readme = plain(await readFile(join(root, 'README.md'), 'utf8'));
    const [, page, pageSent, worker, workerSent, model, jspi, asyncify, manifest] = (
      /script \((\S+) kB, (\S+) kB with Brotli\), its worker \((\S+) kB, (\S+) kB with Brotli\), the model \((\S+) MB\).*?WebGPU \((\S+) MB; (\S+) MB in browsers without JSPI\).*?manifest \((\S+) kB\)/.exec(
        readme,
      ) ?? assert.fail('the sentence is not there')
    ).map(Number);
    const web = join(root, 'dist/web');
    const names = await readdir(web);
    const entry = await readFile(join(web, 'likeness.js'), 'utf8');
    const atOnce = [
      'likeness.js',
      ...names.filter((name) => /^likeness-chunk-/.test(name) && entry.includes(`from"./${name}"`)),
    ];
    const bytes = async (...files: string[]): Promise<{ raw: number; brotli: number }> => {
      const all = await Promise.all(files.map((file) => readFile(join(web, file))));
      const sent = all.map((body) =>
        brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
      );
      const sum = (list: Buffer[]): number => list.reduce((total, { length }) => total + length, 0);
      return { raw: sum(all), brotli: sum(sent) };
    };
    const folder = 'models/vgg16-compact';
    const ofModel = ['manifest.json', 'model.onnx', 'graph-1.bin', 'dense-1.bin'].map(
      (file) => `${folder}/${file}`,
    );
    const [script, thread, weights, small] = [
      await bytes(...atOnce),
      await bytes('likeness-worker.js'),
      await bytes(...ofModel),
      await bytes(ofModel[0]!),
    ];
    const runtime = async (build: string): Promise<number> =>
      (await bytes(`ort/${build}.js`)).brotli + (await readFile(join(web, `ort/${build}.wasm.gz`))).length;
    for (const [what, said, is] of [
      ['the script', page! * 1e3, script.raw],
      ['the script, compressed', pageSent! * 1e3, script.brotli],
      ['the worker', worker! * 1e3, thread.raw],
      ['the worker, compressed', workerSent! * 1e3, thread.brotli],
      ['the model', model! * 1e6, weights.raw],
      ['ONNX Runtime with JSPI', jspi! * 1e6, await runtime('jspi')],
      ['ONNX Runtime with Asyncify', asyncify! * 1e6, await runtime('asyncify')],
      ['the manifest', manifest! * 1e3, small.raw],
    ] as const) {
      assert.ok(Math.abs(said - is) <= is / 10, `${what}: the README says ${said}, it has ${is} bytes`);
    }
  });
});
