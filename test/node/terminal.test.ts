import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ensurePython } from '../../scripts/python.mjs';
import { printable, printableJson } from '../../src/cli/print.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';

interface Ending {
  signal: string | null;
  code: number | null;
  output: string;
}

/** Runs the command line in a terminal; types `keys` when its output matches. */
async function inTerminal(
  args: readonly string[],
  { on = '$^', keys = '', columns = 100, env = {} as Record<string, string> } = {},
): Promise<Ending> {
  const { stdout } = await promisify(execFile)(
    ensurePython(),
    [
      join(root, 'test/support/run-in-terminal.py'),
      on,
      keys,
      String(columns),
      process.execPath,
      join(root, 'dist/node/cli.js'),
      ...args,
    ],
    { env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '', ...env }, maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout);
}

async function pictures(folder: string, count: number): Promise<string> {
  await mkdir(folder);
  for (let n = 0; n < count; n++) {
    await cp(join(samples, `${['A001', 'A002', 'B001'][n % 3]}.jpeg`), join(folder, `${n}.jpg`));
    await writeFile(join(folder, `${n}.jpg`), String(n), { flag: 'a' }); // another content each, the same picture
  }
  return folder;
}

const esc = '\x1b';

/** Modes of the terminal that were changed and not put back. */
function leftChanged(output: string): string[] {
  const modes = new Map<string, string>();
  for (const [, mode, state] of output.matchAll(new RegExp(`${esc}\\[\\?(\\d+)([hl])`, 'g')))
    modes.set(mode!, state!);
  return [...modes].filter(([, state]) => state === 'l').map(([mode]) => mode);
}

describe('in a terminal', () => {
  test('Ctrl+C ends by the signal, leaves the terminal as it was, keeps what was done and says how to go on', () =>
    withFolder(async (place) => {
      const folder = await pictures(join(place, 'pictures'), 40);
      const target = join(place, 'index');
      const args = ['index', folder, '-o', target];
      const stopped = await inTerminal(args, { on: ' [1-9][0-9]*/40', keys: '\x03' });
      assert.equal(stopped.signal, 'SIGINT', stopped.output);
      assert.deepEqual(leftChanged(stopped.output), []);
      const [, size] =
        /interrupted: (\d+) pictures are indexed .*the same command goes on/.exec(stopped.output) ?? [];
      assert.ok(Number(size) > 0 && Number(size) < 40, stopped.output);
      assert.equal((await likeness('check', target)).code, 0);

      const twice = await inTerminal(args, { on: '/40', keys: '\x03\x03' });
      assert.equal(twice.signal, 'SIGINT', twice.output);
      assert.deepEqual(leftChanged(twice.output), []);

      const done = await inTerminal(args);
      assert.equal(done.code, 0, done.output);
      assert.deepEqual(leftChanged(done.output), []);
      const [, extracted] = /40 pictures \((\d+) indexed/.exec(done.output) ?? [];
      assert.ok(Number(extracted) <= 40 - Number(size), done.output);
    }));

  test('the rate is of the pictures that the network saw', () =>
    withFolder(async (place) => {
      const folder = await pictures(join(place, 'pictures'), 3);
      await mkdir(join(folder, 'bad'));
      for (let n = 0; n < 400; n++) await writeFile(join(folder, 'bad', `${n}.jpg`), 'no picture');
      const { output } = await inTerminal(['index', folder, '-o', join(place, 'index')]);
      const rates = [...output.matchAll(/403\/403 · ([\d.]+)\/s/g)].map(([, rate]) => Number(rate));
      const [, seconds] = /3 indexed in ([\d.]+) s/.exec(output) ?? [];
      // 3 pictures in less than the whole time; a rate of all 403 would be a hundred times that.
      assert.ok(rates.length > 0 && rates.at(-1)! < 40 && Number(seconds) > 0, output.slice(-400));
    }));

  test('a narrow terminal gets lines that fit', () =>
    withFolder(async (place) => {
      const folder = await pictures(join(place, 'pictures'), 2);
      const { output } = await inTerminal(['index', folder, '-o', join(place, 'index')], { columns: 30 });
      const bars = output
        .split(new RegExp(`${esc}\\[[\\dKGJ;]*`))
        .filter((text) => text.startsWith('Indexing'));
      assert.ok(bars.length > 0 && bars.every((bar) => bar.trimEnd().length <= 30), JSON.stringify(output));
    }));

  for (const env of [{ TERM: 'dumb' }, { NO_COLOR: '1' }]) {
    test(`${Object.keys(env)[0]}: no escape codes`, () =>
      withFolder(async (place) => {
        const folder = await pictures(join(place, 'pictures'), 2);
        const { code, output } = await inTerminal(['index', folder, '-o', join(place, 'index')], { env });
        assert.equal(code, 0, output);
        assert.ok(!output.includes('\x1b'), JSON.stringify(output));
        assert.match(output, /Indexing 2\/2/);
      }));
  }

  test('whoever reads has enough, or there is no room for what is said: no stack, a status', () =>
    withFolder(async (place) => {
      const cli = `"${process.execPath}" "${join(root, 'dist/node/cli.js')}"`;
      const shell = (line: string): Promise<{ code: number; stderr: string }> =>
        new Promise((done) => {
          execFile('bash', ['-c', `set -o pipefail; ${line}`], { cwd: place }, (error, _, stderr) =>
            done({ code: error ? Number(error.code) : 0, stderr }),
          );
        });
      for (const command of ['--help', 'model list', 'help index']) {
        const full = await shell(`${cli} ${command} >/dev/full`);
        assert.deepEqual(full, {
          code: 1,
          stderr: 'likeness: The output cannot be written: there is no room left on the disk.\n',
        });
        assert.equal((await shell(`${cli} ${command} 2>/dev/full`)).code, 0);
        assert.equal((await shell(`${cli} ${command} | true`)).stderr, '');
      }
      assert.equal((await shell(`${cli} query none.jpg -i none 2>/dev/full`)).code, 1);
    }));

  test('names are shown, not obeyed: in tables, errors and JSON, wherever a command prints them', () =>
    withFolder(async (place) => {
      const folder = await pictures(join(place, 'pictures'), 1);
      const evil = 'a\x1b]0;owned\x07\x1b[31m\u202egpj\x9b2J\r\n.jpg';
      await cp(join(folder, '0.jpg'), join(folder, evil));
      const target = join(place, 'index');
      for (const args of [
        ['index', folder, '-o', target],
        ['query', join(folder, evil), '-i', target],
        ['query', join(folder, evil), '-i', target, '--json'],
        ['query', join(place, evil), '-i', target],
        ['remove', target, `${evil}.gone`],
        ['check', join(place, evil)],
        ['export', target, '--ids', join(place, evil)],
        [evil],
      ]) {
        const { stdout, stderr } = await likeness(...args);
        for (const character of stdout + stderr) {
          assert.ok(
            character === '\n' || !/[\p{Cc}\u202a-\u202e]/u.test(character),
            `${args[0]}: ${JSON.stringify(stdout + stderr)}`,
          );
        }
      }
    }));
});

test('printable: what a terminal obeys is escaped, all other text stays', () => {
  assert.equal(
    printable('\x1b[2J\x07\x7f\x9b\u202e\u2066\u2028\ud800\n\r\t'),
    '\\x1b[2J\\x07\\x7f\\x9b\\u202e\\u2066\\u2028\\ud800\\n\\r\\t',
  );
  const text = 'Zürich – 東京, عربى, 👩‍👩‍👧 and "quotes" \\ é';
  assert.equal(printable(text), text);
  const value = { id: '\x9b\u202e\x7f"\n', text };
  assert.deepEqual(JSON.parse(printableJson(value)), value);
  assert.ok(!/[\p{Cc}\u202e]/u.test(printableJson(value)));
});
