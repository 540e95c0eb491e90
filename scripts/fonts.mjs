// Fonts that pictures of the page need: without a Chinese one, its letters are boxes.
import { spawnSync } from 'node:child_process';

/** Debian's packages that are missing. */
export function missingFonts() {
  const { stdout } = spawnSync('fc-list', [':lang=zh'], { encoding: 'utf8' });
  return stdout?.trim() ? [] : ['fonts-noto-cjk'];
}
