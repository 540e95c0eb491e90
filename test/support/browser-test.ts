import { type Feature, needs } from './needs.ts';

/** `node:test`, as far as our tests use it, for a page: tests run one after another in order of registration. */
type Body = () => void | Promise<void>;
interface Result {
  name: string;
  ms: number;
  error?: string;
  /** Why it was not run: what this browser has not got. */
  skipped?: string;
  /** That goes for the whole file. */
  isFile?: boolean;
}
type Options = { skip?: string | boolean | undefined };

const registered: { name: string; body: Body; skip: string | undefined }[] = [];
const before_: Body[] = [];
const after_: Body[] = [];
let prefix = '';
let skipAll: string | undefined;

const reasonOf = ({ skip }: Options): string | undefined =>
  skip ? (skip === true ? 'no reason given' : skip) : undefined;

export function test(name: string, ...rest: [Body] | [Options, Body]): void {
  const body = rest[rest.length - 1] as Body;
  const own = rest.length === 2 ? reasonOf(rest[0]) : undefined;
  registered.push({ name: prefix + name, body, skip: skipAll ?? own });
}

export function describe(name: string, ...rest: [() => void] | [Options, () => void]): void {
  const outer = { prefix, skipAll };
  prefix = `${prefix}${name} › `;
  if (rest.length === 2) skipAll ??= reasonOf(rest[0]);
  (rest[rest.length - 1] as () => void)();
  ({ prefix, skipAll } = outer);
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

export interface RunOptions {
  /** Number of the first test to run: those before it have answered. */
  first?: number;
  /** What the whole file needs. */
  needs?: Feature | undefined;
  /** Told of each result as it comes. */
  report?: (result: Result) => void;
}

async function runTests({
  first = 0,
  needs: feature,
  report = () => {},
}: RunOptions = {}): Promise<Result[]> {
  const results: Result[] = [];
  const tell = (result: Result): void => {
    results.push(result);
    report(result);
  };
  const missing = feature && reasonOf(await needs(feature));
  const tests = registered.slice(first);
  if (missing !== undefined) {
    for (const { name } of tests) tell({ name, ms: 0, skipped: missing, isFile: true });
    return results;
  }
  if (tests.some(({ skip }) => skip === undefined)) {
    for (const body of before_) {
      const result = await attempt('before', body);
      if (!result.error) continue;
      tell(result);
      return results;
    }
  }
  for (const { name, body, skip } of tests) {
    tell(skip === undefined ? await attempt(name, body) : { name, ms: 0, skipped: skip });
  }
  if (tests.some(({ skip }) => skip === undefined)) {
    for (const body of after_) {
      const result = await attempt('after', body);
      if (result.error) tell(result);
    }
  }
  return results;
}

(globalThis as { __runTests?: typeof runTests }).__runTests = runTests;
