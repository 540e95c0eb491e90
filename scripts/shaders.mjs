// shaders/*.wgsl with what they share, as build/shaders/*.wgsl. A line `// #include shared/x.wgsl` asks for that text.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const from = join(root, 'shaders');
const to = join(root, 'build/shaders');
const include = '// #include ';

/**
 * A shader and what it includes, each once, without comments. What is included comes behind, and comments leave their
 * lines empty, so that a compiler's message names the line of the file.
 */
function assemble(name, seen = new Set([name])) {
  const lines = readFileSync(join(from, name), 'utf8').split('\n');
  const parts = [lines.map((line) => (line.trimStart().startsWith('//') ? '' : line)).join('\n')];
  for (const line of lines) {
    if (!line.startsWith(include)) continue;
    const other = line.slice(include.length);
    if (!seen.has(other)) parts.push(assemble(other, seen.add(other)));
  }
  return parts.join('\n');
}

export function buildShaders() {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((file) => file.endsWith('.wgsl')))
    writeFileSync(join(to, name), assemble(name));
}
