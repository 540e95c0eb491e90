import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../support/cli.ts';
import { exampleFiles } from '../support/consumers/project.ts';
import { exampleOf, recipes } from '../support/documented.ts';
import { parseDocument, plain, readDocuments } from '../support/markdown.ts';

const folders = Object.values(recipes).sort();

describe('examples', () => {
  const { blocks } = readDocuments().find(({ file }) => file === 'docs/static-sites.md')!;
  const shown = [
    ...blocks
      .filter(exampleOf)
      .map((block) => ({ folder: exampleOf(block)!, place: block.place, text: block.text })),
    ...folders.flatMap((folder) => {
      const file = `examples/${folder}/README.md`;
      const readme = parseDocument(file, readFileSync(join(root, file), 'utf8'));
      return readme.blocks.map(({ place, text }) => ({ folder, place, text }));
    }),
  ];

  for (const { folder, place, text } of shown) {
    test(`${place}: what it shows is in examples/${folder}: ${plain(text).slice(0, 60)}`, async () => {
      const files = (await exampleFiles(folder)).filter((path) => !path.endsWith('README.md'));
      const texts = await Promise.all(files.map((path) => readFile(path, 'utf8')));
      assert.ok(texts.some((source) => plain(source).includes(plain(text))));
    });
  }

  test('each has a recipe and a README that show the command, the script and the tag', () => {
    const there = readdirSync(join(root, 'examples'), { withFileTypes: true });
    assert.deepEqual(
      there
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
      folders,
    );
    for (const folder of folders) {
      for (const inReadme of [true, false]) {
        const texts = shown
          .filter((block) => block.folder === folder && block.place.startsWith('examples/') === inReadme)
          .map(({ text }) => text)
          .join('\n');
        for (const part of ['likeness site ', 'likeness/similar.js', '<likeness-similar '])
          assert.ok(texts.includes(part), `${folder}: ${part}`);
      }
    }
  });

  test('name exact versions, and copy the same photographs', async () => {
    const first = await readFile(join(root, 'examples/plain/photos.json'), 'utf8');
    const copy = await readFile(join(root, 'examples/plain/copy-photos.js'), 'utf8');
    for (const folder of folders) {
      const { dependencies, devDependencies } = JSON.parse(
        await readFile(join(root, `examples/${folder}/package.json`), 'utf8'),
      );
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        const wanted = name === 'likeness-search' ? /^file:\.\.\/\.\.$/ : /^\d+\.\d+\.\d+$/;
        assert.match(String(version), wanted, `${folder}: ${name}`);
      }
      assert.equal(await readFile(join(root, `examples/${folder}/photos.json`), 'utf8'), first, folder);
      assert.equal(await readFile(join(root, `examples/${folder}/copy-photos.js`), 'utf8'), copy, folder);
    }
  });
});
