// A Chromium with WebGPU for the tests and the bench: named, found, or installed from Debian.
import { findExecutable, hasApt, installPackages } from './debian.mjs';

const find = () =>
  findExecutable(
    'CHROMIUM_PATH',
    ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
  );

/** Debian's packages that are missing for a Chromium. */
export const missingForChromium = () => (find() ? [] : ['chromium']);

/** Path of a Chromium; installs Debian's package when there is none. */
export function ensureChromium() {
  const found = find();
  if (found) return found;
  if (!hasApt()) {
    throw new Error('No Chromium found. Install Chromium or Chrome, or set CHROMIUM_PATH to its executable.');
  }
  installPackages(missingForChromium());
  const installed = find();
  if (!installed) throw new Error('apt-get installed chromium, but no chromium executable is on the PATH.');
  return installed;
}

/** WebGPU through SwiftShader where there is no GPU; no background traffic. */
export const chromiumArgs = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-watchdog',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** As above, but with the machine's own GPU. */
const gpuArgs = [
  ...chromiumArgs.filter(
    (arg) => !arg.startsWith('--use-webgpu-adapter') && arg !== '--disable-gpu-watchdog',
  ),
  ...(process.platform === 'linux' ? ['--enable-features=Vulkan', '--ignore-gpu-blocklist'] : []),
];

/**
 * A headless browser; the caller closes it.
 *
 * @param {object} options of Playwright; `gpu: true` takes the machine's GPU instead of SwiftShader
 */
export async function launchChromium({ gpu = false, ...options } = {}) {
  const { chromium } = await import('playwright');
  return chromium.launch({
    executablePath: ensureChromium(),
    headless: true,
    ...options,
    args: [...(gpu ? gpuArgs : chromiumArgs), ...(options.args ?? [])],
  });
}

/** The same with storage that outlives it, in `folder`. */
export async function launchPersistentChromium(folder, options = {}) {
  const { chromium } = await import('playwright');
  return chromium.launchPersistentContext(folder, {
    executablePath: ensureChromium(),
    headless: true,
    ...options,
    args: [...chromiumArgs, ...(options.args ?? [])],
  });
}
