// Firefox and WebKit as Playwright builds them: where there is no apt and no browser is found.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';
import { overPlaywright } from './playwright.mjs';

/** @param {'Firefox' | 'WebKit'} name */
export async function launchPlaywrightBuild(name) {
  const playwright = await import('playwright');
  const kind = name.toLowerCase();
  const type = playwright[kind];
  if (!existsSync(type.executablePath())) {
    console.error(`No ${name} found: installing Playwright’s build …`);
    execFileSync(process.execPath, [join(root, 'node_modules/playwright/cli.js'), 'install', kind], {
      stdio: ['ignore', 2, 2],
    });
  }
  return overPlaywright(name, await type.launch({ headless: true }));
}
