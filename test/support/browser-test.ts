/** `node:test`, as far as our tests use it, for a page: tests run one after another in order of registration. */
type Body = () => void | Promise<void>;
interface Result {
  name: string;
  ms: number;
  error?: string;
}

const registered: { name: string; body: Body }[] = [];
const before_: Body[] = [];
const after_: Body[] = [];
let prefix = '';

export function test(name: string, ...rest: [Body] | [object, Body]): void {
  registered.push({ name: prefix + name, body: rest[rest.length - 1] as Body });
}

export function describe(name: string, body: () => void): void {
  const outer = prefix;
  prefix = `${outer}${name} › `;
  body();
  prefix = outer;
}

/** Runs before the first test of the file, wherever it is written. */
export function before(body: Body): void {
  before_.push(body);
}

/** Runs after the last test of the file. */
export function after(body: Body): void {
  after_.push(body);
}

export const it: typeof test = test;
export default test;

async function attempt(name: string, body: Body): Promise<Result> {
  const start = performance.now();
  try {
    await body();
    return { name, ms: performance.now() - start };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
    const message =
      error instanceof Error && !text.includes(error.message) ? `${error.message}\n${text}` : text;
    return { name, ms: performance.now() - start, error: message };
  }
}

(globalThis as { __runTests?: () => Promise<Result[]> }).__runTests = async () => {
  const results: Result[] = [];
  for (const body of before_) {
    const result = await attempt('before', body);
    if (result.error) return [result];
  }
  for (const { name, body } of registered) results.push(await attempt(name, body));
  for (const body of after_) {
    const result = await attempt('after', body);
    if (result.error) results.push(result);
  }
  return results;
};
