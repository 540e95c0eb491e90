import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { likeness, withFolder } from '../support/cli.ts';

test('likeness serve refuses options of the API that do nothing or contradict others, by name', () =>
  withFolder(async (folder) => {
    const short = join(folder, 'token.txt');
    await writeFile(short, 'short\n');
    const cases: [string[], RegExp][] = [
      [['--cors', 'https://a.example'], /--cors is for the API: add --api/],
      [['--no-page'], /--no-page leaves nothing to serve: add --api/],
      [['--api'], /--api needs an index: -i/],
      [['--api', '-i', 'x', '--stale', '3'], /--stale is for --engine/],
      [['--engine', 'folder'], /--engine takes lancedb:<uri>/],
      [['--engine', 'lancedb:x', '-i', 'y'], /--engine and --index are two indexes/],
      [['--api', '-i', 'x', '--cors', 'a.example'], /An origin is wanted/],
      [['--api', '-i', 'x', '--cors', 'https://a.example/path'], /An origin is wanted/],
      [['--api', '-i', folder, '--token-file', short], /has to be 16 or more .* it has 5 characters/],
      [['--api', '-i', folder], /There is no index in/],
    ];
    const results = await Promise.all(cases.map(([args]) => likeness('serve', '--port', '0', ...args)));
    for (const [n, { code, stderr }] of results.entries()) {
      const [args, message] = cases[n]!;
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, message, args.join(' '));
    }
  }));
