// Where contenders run: a page of Chromium, a Node process, a Python process. Each answers requests one at a time.
import { fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Resident bytes of a process, where the system says so. */
function residentBytes(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    return Number.NaN;
  }
}

const unwrap = (reply) => {
  if (reply.error) throw new Error(reply.error);
  return reply;
};

/** A page for each realm: its own process, so that its memory can be told and what it leaves hurts nobody. */
export async function openPage(browser, origin, folder) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.goto(`${origin}/${folder}/run.html`);
  await page.evaluate((url) => import(url), `/${folder}/in-page.mjs`);
  const system = await browser.newBrowserCDPSession();
  const session = await context.newCDPSession(page);
  return {
    ask: async (request) => unwrap(await page.evaluate((asked) => globalThis.answer(asked), request)),
    /** Of all of the browser's processes: what a page puts on a GPU is in another. */
    resident: async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { processInfo } = await system.send('SystemInfo.getProcessInfo');
      return processInfo.reduce((sum, { id }) => sum + residentBytes(id), 0);
    },
    close: () => context.close(),
  };
}

export function openNode(root, module) {
  const child = fork(join(root, module), {
    execArgv: ['--expose-gc', '--max-old-space-size=12000'],
    env: { ...process.env, LIKENESS_ROOT: root },
    serialization: 'advanced',
  });
  const failed = new Promise((_, reject) => {
    child.once('exit', (code) => reject(new Error(`the Node process ended with code ${code}`)));
  });
  failed.catch(() => {});
  return {
    ask: (request) => {
      const reply = new Promise((resolve) => child.once('message', resolve));
      child.send(request);
      return Promise.race([reply.then(unwrap), failed]);
    },
    resident: async () => residentBytes(child.pid),
    close: async () => child.kill(),
  };
}

export function openPython(root, python) {
  const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _size, ...inherited } = process.env;
  const child = spawn(python, [join(root, 'test/bench/peers/python.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...inherited, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (request) => {
      child.stdin.write(
        `${JSON.stringify({ ...request, file: request.file && join(root, request.file) })}\n`,
      );
      const { value, done } = await lines.next();
      if (done) throw new Error('the Python process ended');
      return unwrap(JSON.parse(value));
    },
    resident: async () => residentBytes(child.pid),
    close: async () => child.stdin.end(),
  };
}

/** Bytes of memory that the system could give now. */
export function availableBytes() {
  const [, kilobytes] = /MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
