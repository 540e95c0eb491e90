import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { reference } from '../../scripts/api/reference.mjs';
import { root } from '../support/cli.ts';
import { exampleGlobals } from '../support/documented.ts';
import { parseDocument } from '../support/markdown.ts';

const run = promisify(execFile);
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-api-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the API reference', () => {
  async function pageOf(declarations: string): Promise<string> {
    await mkdir(join(folder, 'types'), { recursive: true });
    await writeFile(
      join(folder, 'types/base.d.ts'),
      `import type * as web from './web.d.ts';
/** Not public by itself. */
export declare class Base {
    #secret;
    private constructor();
    protected hidden(): void;
    /** Reads. */
    read(from: web.Blob): Promise<web.Bytes>;
}`,
    );
    await writeFile(join(folder, 'types/index.d.ts'), declarations);
    const file = join(folder, 'types/index.d.ts');
    await writeFile(join(folder, 'types/other.d.ts'), "export { Shelf, Size } from './index.js';");
    return reference([file, join(folder, 'types/other.d.ts'), file, file, file]);
  }

  const declarations = `import { Base } from './base.js';
/**
 * Keeps things; see {@link Size}.
 *
 * @example
 * const shelf = Shelf.open({ width: 1 });
 */
export declare class Shelf extends Base {
    /**
     * Opens it.
     *
     * @param size of the shelf,
     *   in metres
     * @returns one that is open
     * @throws LikenessError \`locked\`
     */
    static open(size: Size): Shelf;
}
/** How wide. */
export interface Size {
    /** In metres. */
    width: number;
}
/** Not Size. */
export declare function size(): Size;
`;

  test('has signatures, docstrings, errors and examples, inherited members and no hidden ones', async () => {
    const page = await pageOf(declarations);
    const text = page.slice(page.indexOf('### Shelf'), page.indexOf('## `likeness-search`, in Node'));
    assert.equal(
      text.trim(),
      `### Shelf

Keeps things; see \`Size\`.

\`\`\`ts
const shelf = Shelf.open({ width: 1 });
\`\`\`

#### Shelf.open

\`\`\`ts declaration
static open(size: Size): Shelf;
\`\`\`

Opens it.

- \`size\`: of the shelf,
  in metres
- Returns: one that is open
- Throws: LikenessError \`locked\`

#### Shelf.read

\`\`\`ts declaration
read(from: Blob): Promise<Uint8Array>;
\`\`\`

Reads.

### size

\`\`\`ts declaration
function size(): Size;
\`\`\`

Not Size.

### Size

\`\`\`ts declaration
interface Size {
    /** In metres. */
    width: number;
}
\`\`\`

How wide.`,
    );
    // The second entry has the same things: they are linked.
    assert.match(page, /in Node\n\n- Classes: \[Shelf\]\(#shelf\)\n- Types: \[Size\]\(#size-1\)\n\n##/);
  });

  test('changes with a type, a docstring and an error', async () => {
    const page = await pageOf(declarations);
    for (const [from, to] of [
      ['width: number', 'width?: number'],
      ['In metres.', 'In feet.'],
      ['`locked`', '`closed`'],
      ['width: 1 ', 'width: 2 '],
    ] as const) {
      assert.notEqual(await pageOf(declarations.replaceAll(from, to)), page, `${from} → ${to}`);
    }
  });

  test('has errors and an example for every call', async () => {
    const page = await readFile(join(root, 'docs/api.md'), 'utf8');
    // What asks for nothing that could be refused.
    const safe = [
      'listModels',
      'listIndexes',
      'blobFile',
      'bytesFile',
      'FlatIndex.close',
      'LanceIndex.close',
      'new LikenessError',
    ];
    let calls = 0;
    for (const part of page.split(/^#{3,4} /m).slice(1)) {
      const [heading = ''] = part.split('\n', 1);
      const [, declaration = ''] = /```ts declaration\n([\s\S]*?)```/.exec(part) ?? [];
      if (
        !/^(static |function )?(async )?[\w[\].]+(<.*>)?\(/.test(declaration) &&
        !/^const .*=>/.test(declaration)
      )
        continue;
      calls++;
      assert.match(part, /^```ts\n/m, `${heading} has no example`);
      if (!safe.includes(heading))
        assert.match(part, /^- Throws: /m, `${heading} does not say what it throws`);
    }
    assert.ok(calls > 40, `${calls} calls were found`);
  });

  test('has examples of the right types', async () => {
    const page = await readFile(join(root, 'docs/api.md'), 'utf8');
    const [, ...sections] = page.split(/^## /m);
    const entries = ['index', 'node', 'knn/index', 'site/index', 'lance/index'];
    assert.equal(sections.length, entries.length);
    let seen = 0;
    for (const [n, section] of sections.entries()) {
      const examples = parseDocument('docs/api.md', section).blocks.filter(
        ({ language }) => language === 'ts',
      );
      const place = join(folder, `examples-${n}`);
      await mkdir(place);
      for (const [m, { text }] of examples.entries()) {
        await writeFile(join(place, `${m}.ts`), `${text}\nexport {};\n`);
      }
      // There `index` is another one.
      const globals =
        entries[n] === 'lance/index'
          ? exampleGlobals.replace(/(\bindex: ).*?;/, "$1import('likeness-search/lance').LanceIndex;")
          : exampleGlobals;
      await writeFile(join(place, 'globals.d.ts'), globals);
      const compilerOptions = {
        ...{ target: 'es2023', module: 'esnext', moduleResolution: 'bundler', types: ['node'] },
        ...{
          lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
          typeRoots: [join(root, 'node_modules/@types')],
        },
        ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true },
        paths: {
          'likeness-search': [join(root, `dist/types/${n === 1 ? 'node' : 'index'}.d.ts`)],
          'likeness-search/web/likeness.js': [join(root, 'dist/types/index.d.ts')],
          'likeness-search/knn': [join(root, 'dist/types/knn/index.d.ts')],
          'likeness-search/site': [join(root, 'dist/types/site/index.d.ts')],
          'likeness-search/lance': [join(root, 'dist/types/lance/index.d.ts')],
        },
      };
      await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', place]).catch(
        (error) => assert.fail(error.stdout),
      );
      seen += examples.length;
    }
    assert.ok(seen > 0);
  });
});
