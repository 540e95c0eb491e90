import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { root } from './cli.ts';

const run = promisify(execFile);

/**
 * Tests that runs benchmarks with small sizes, one after the other: they build into one folder.
 *
 * @param commands what follows `npm run bench --`, and a row of the tables
 */
export function testBenchmarks(commands: readonly (readonly [command: string, row: RegExp])[]): void {
  for (const [command, row] of commands) {
    test(`npm run bench -- ${command}`, { timeout: 300_000 }, async () => {
      const args = ['scripts/bench.mjs', ...command.split(' '), '--no-build'];
      const { stdout } = await run(process.execPath, args, { cwd: root });
      assert.match(stdout, row);
    });
  }
}
