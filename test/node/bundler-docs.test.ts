import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../support/cli.ts';
import { plain, readDocuments, textsOf } from '../support/markdown.ts';

/** Projects whose files a section shows, and the test that runs its commands. */
const sections: Record<string, { projects: string[]; test?: string }> = {
  'Bundlers and frameworks': { projects: [] },
  Vite: { projects: ['vite8', 'vite7'], test: 'vite' },
  SvelteKit: { projects: ['sveltekit'] },
  webpack: { projects: ['webpack'], test: 'webpack' },
  Next: { projects: ['next'], test: 'next' },
  Rollup: { projects: ['rollup'], test: 'rollup' },
  esbuild: { projects: ['esbuild'], test: 'esbuild' },
  Parcel: { projects: ['parcel'], test: 'parcel' },
  'No bundler': { projects: ['import-map'] },
  'A copied folder': { projects: ['vendored'], test: 'vendored' },
  'Only the search': { projects: [] },
  'Files and workers of your own place': { projects: ['own-place'] },
};

describe('docs/bundlers.md', () => {
  const { blocks } = readDocuments().find(({ file }) => file === 'docs/bundlers.md')!;

  for (const { place, language, text } of blocks) {
    test(`${place}: what it shows is in the project that is tried: ${plain(text).slice(0, 60)}`, async () => {
      const section = sections[place.split(' › ')[1]!];
      assert.ok(section, `${place}: name its projects here`);
      if (language === 'sh') {
        const source = await readFile(join(root, `test/consumers/${section.test}.test.ts`), 'utf8');
        // The test's own text, in which a variable stands for a word.
        const pattern = (command: string): RegExp => {
          const words = command.replace(/^npx /, '').split(' ').map(escapeRegExp);
          return new RegExp(words.map((word) => `(?:${word}|\\S*\\$\\{[^}]*\\}\\S*)`).join(' '));
        };
        for (const command of text.split('\n')) assert.match(source, pattern(command), command);
        return;
      }
      assert.notEqual(language, 'indented', text);
      const all = section.projects.length > 0 ? section.projects : [undefined];
      for (const project of all) {
        const texts = await textsOf('test/consumers/lib');
        if (project !== undefined) texts.push(...(await textsOf(`test/consumers/projects/${project}`)));
        assert.ok(
          texts.some((source) => plain(source).includes(plain(text))),
          `${project ?? 'lib'}: ${text}`,
        );
      }
    });
  }

  test('has something of every section', () => {
    const shown = new Set(blocks.map(({ place }) => place.split(' › ')[1]!));
    assert.deepEqual([...shown].sort(), Object.keys(sections).sort());
  });
});

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
