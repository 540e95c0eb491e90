// A display for browsers that need one.
import { spawn } from 'node:child_process';
import { findExecutable } from '../debian.mjs';

const find = () => findExecutable('XVFB_PATH', ['Xvfb']);

/** Debian's packages that are missing for a display. */
export const missingForDisplay = () =>
  find() || process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? [] : ['xvfb'];

/** Starts a virtual display. Without Xvfb, the display that is there is used. */
export async function openDisplay() {
  const path = find();
  if (!path) return { env: {}, close() {} };
  // It chooses a number itself and writes it to descriptor 3.
  const child = spawn(path, ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const end = () => child.kill();
  process.once('exit', end);
  const number = await new Promise((found, failed) => {
    child.stdio[3].once('data', (text) => found(String(text).trim()));
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`Xvfb ended with code ${code}.`)));
  });
  return { env: { DISPLAY: `:${number}`, WAYLAND_DISPLAY: undefined }, close: end };
}
