import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../../scripts/chromium.mjs';
import { root } from '../support/cli.ts';

interface Table {
  section: string;
  title: string;
  columns: string[];
  rows: string[][];
}

test('the page of raw figures draws every table, opened from disk', async (t) => {
  const script = await readFile(join(root, 'docs/benchmarks/figures.js'), 'utf8');
  // As the page says: JSON behind one assignment.
  const tables: Table[] = JSON.parse(
    script.replace(/^[\s\S]*?globalThis\.figures = /, '').replace(/;\s*$/, ''),
  );
  assert.ok(tables.length > 30);
  for (const { title, columns, rows } of tables) {
    for (const row of rows) assert.equal(row.length, columns.length, `${title}: ${row}`);
  }

  const browser = await launchChromium();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(pathToFileURL(join(root, 'docs/benchmarks/index.html')).href);
  const drawn = await page.evaluate(() =>
    [...document.querySelectorAll('table')].map((table) =>
      [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent)),
    ),
  );
  assert.deepEqual(
    drawn,
    tables.map(({ columns, rows }) => [columns, ...rows]),
  );
  // Of two rows, the one with the larger figure has the longer bar.
  const widths = await page.evaluate(() =>
    [...document.querySelectorAll('table')].map((table) =>
      [...table.querySelectorAll('.bar')].map((bar) => bar.getBoundingClientRect().width),
    ),
  );
  const peers = tables.findIndex(({ title }) => title.startsWith('16,384 × 4096, 1 query'));
  assert.ok(widths[peers]!.length > 10);
  assert.deepEqual(
    widths[peers],
    [...widths[peers]!].sort((a, b) => a - b),
  );
  assert.deepEqual(problems, []);
});

test('docs/BENCHMARKS.md fits three screens', async () => {
  const text = await readFile(join(root, 'docs/BENCHMARKS.md'), 'utf8');
  assert.ok(text.split('\n').length <= 160);
});
