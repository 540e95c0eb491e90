import { createRequire } from 'node:module';
import { describe } from './describe.mjs';
import { renderPage } from './page.mjs';

/**
 * The compiler that Are The Types Wrong? brings along: TypeScript 7 has no stable API for programs, which is also why
 * TypeDoc cannot run beside it.
 */
function loadTypeScript() {
  const require = createRequire(import.meta.resolve('@arethetypeswrong/core'));
  return require('typescript');
}

/**
 * @param {string[]} declarations files of the five entries: in a page, in Node, knn, site, lance
 * @returns {string} the page that describes them
 */
export const reference = (declarations) => renderPage(describe(loadTypeScript(), declarations));
