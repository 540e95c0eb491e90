// The browsers that the tests run in.
import { hasApt, installPackages } from '../debian.mjs';
import { chromium } from './chromium.mjs';
import { firefox } from './firefox.mjs';
import { webkit } from './webkit.mjs';

export { BrowserDied } from './died.mjs';
export { chromium, firefox, webkit };
export const drivers = [chromium, firefox, webkit];

/**
 * Installs the missing packages of Debian in one call, where there is apt: of two calls at the same time one fails.
 *
 * @param others packages that are needed, too
 */
export function ensureBrowsers(wanted, others = []) {
  if (!hasApt()) return; // Playwright's own builds of Firefox and WebKit are fetched when they are started
  const needed = [...others, ...(wanted.includes(chromium) ? chromium.missing() : [])];
  const replaceable = wanted.filter((driver) => driver !== chromium).flatMap((driver) => driver.missing());
  if (needed.length + replaceable.length === 0) return;
  try {
    installPackages([...needed, ...replaceable]);
  } catch (error) {
    if (replaceable.length === 0) throw error;
    console.error(
      `${error.message}\nThere is no ${replaceable.join(', ')} here; taking Playwright’s builds instead.`,
    );
    if (needed.length > 0) installPackages(needed);
  }
}
