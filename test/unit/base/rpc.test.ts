import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LikenessError } from '../../../src/base/errors.ts';
import { connect, domPort, serve, transfer } from '../../../src/base/rpc.ts';

/** What is called in these tests. */
class Target {
  readonly #log: string[] = [];
  #open = (): void => {};

  async sum(...numbers: number[]): Promise<number> {
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  async fail(kind: 'coded' | 'range' | 'text'): Promise<never> {
    if (kind === 'coded') throw new LikenessError('storage-full', 'no space');
    if (kind === 'range') throw new RangeError('too long');
    throw 'text';
  }

  /** What cannot be posted. */
  async unpostable(): Promise<unknown> {
    return () => {};
  }

  async length(items: { source: { bytes: Uint8Array } }[]): Promise<number> {
    return items[0]!.source.bytes.length;
  }

  async port(options: { port: MessagePort; signal?: AbortSignal | undefined }): Promise<string[]> {
    options.port.close();
    return Object.keys(options);
  }

  async bytes(): Promise<Uint8Array> {
    const bytes = Uint8Array.of(1, 2, 3);
    return transfer(bytes, [bytes.buffer]);
  }

  async count(to: number, { onCount, signal }: { onCount: (n: number) => void; signal?: AbortSignal }) {
    for (let n = 1; n <= to; n++) {
      await new Promise((go) => setTimeout(go));
      signal?.throwIfAborted();
      onCount(n);
    }
    return to;
  }

  async wait(name: string): Promise<string[]> {
    this.#log.push(`${name} begins`);
    await new Promise<void>((go) => {
      this.#open = go;
      setTimeout(go, 5);
    });
    this.#log.push(`${name} ends`);
    return this.#log.slice();
  }

  async release(): Promise<void> {
    this.#open();
  }
}

function line(inTurn = false) {
  const { port1, port2 } = new MessageChannel();
  const target = new Target();
  serve(domPort(port2), () => target, inTurn);
  const waits: boolean[] = [];
  const connection = connect<Target>({ ...domPort(port1), wait: (isWaiting) => waits.push(isWaiting) });
  const end = (): void => {
    port1.close();
    port2.close();
  };
  return { ...connection, waits, end };
}

test('calls are answered, whatever their order', async () => {
  const { calls, waits, end } = line();
  assert.deepEqual(await Promise.all([calls.sum(1, 2), calls.sum(), calls.sum(4)]), [3, 0, 4]);
  assert.deepEqual(waits, [true, false], 'one who waits for answers keeps a thread, and nobody else');
  end();
});

test('errors come across with their code, else with their name', async () => {
  const { calls, end } = line();
  await assert.rejects(calls.fail('coded'), {
    name: 'LikenessError',
    code: 'storage-full',
    message: 'no space',
  });
  const error = await calls.fail('coded').catch((error) => error);
  assert.ok(error instanceof LikenessError);
  await assert.rejects(calls.fail('range'), { name: 'RangeError', message: 'too long' });
  await assert.rejects(calls.fail('text'), { message: 'text' });
  await assert.rejects(calls.unpostable(), { name: 'DataCloneError' });
  await assert.rejects(calls.sum((() => {}) as never, 1), { name: 'DataCloneError' });
  assert.equal(await calls.sum(1), 1, 'the line is as good as before');
  end();
});

test('what is marked is handed over, however it is given', async () => {
  const { calls, end } = line();
  const bytes = new Uint8Array(5);
  assert.equal(await calls.length([{ source: transfer({ bytes }, [bytes.buffer]) }]), 5);
  assert.equal(bytes.length, 0, 'it was not copied');
  const copied = new Uint8Array(5);
  assert.equal(await calls.length([{ source: { bytes: copied } }]), 5);
  assert.equal(copied.length, 5);
  const { port1: port } = new MessageChannel();
  assert.deepEqual(await calls.port(transfer({ port }, [port])), ['port'], 'as the last argument, too');
  assert.deepEqual(await calls.bytes(), Uint8Array.of(1, 2, 3));
  end();
});

test('functions are called back, and a signal is followed', async () => {
  const { calls, end } = line();
  const told: number[] = [];
  assert.equal(await calls.count(3, { onCount: (n) => told.push(n) }), 3);
  assert.deepEqual(told, [1, 2, 3]);
  const reason = new Error('enough');
  const control = new AbortController();
  const counting = calls.count(1e9, {
    onCount: (n) => n === 2 && control.abort(reason),
    signal: control.signal,
  });
  assert.equal(await counting.catch((error) => error), reason, 'the reason itself');
  const late = calls.count(1e9, { onCount: () => {}, signal: control.signal });
  assert.equal(await late.catch((error) => error), reason);
  end();
});

test('a function that throws fails its call, and ends it', async () => {
  const { calls, end } = line();
  let told = 0;
  const counting = calls.count(1e9, {
    onCount() {
      told++;
      throw new Error('in the page');
    },
    signal: new AbortController().signal,
  });
  await assert.rejects(counting, { message: 'in the page' });
  assert.equal(await calls.sum(1, 1), 2);
  assert.equal(told, 1);
  end();
});

test('in turn: a call begins when the one before is answered', async () => {
  const alone = line();
  const [, logged] = await Promise.all([alone.calls.wait('a'), alone.calls.wait('b')]);
  assert.deepEqual(logged.slice(0, 2), ['a begins', 'b begins']);
  alone.end();
  const { calls, end } = line(true);
  const [, log] = await Promise.all([calls.wait('a'), calls.wait('b')]);
  assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends']);
  end();
});

test('the end of the other side fails what waits, and what comes later', async () => {
  const { calls, fail, waits, end } = line();
  const waiting = [calls.wait('a'), calls.count(1e9, { onCount: () => {} })];
  const gone = new LikenessError('no-backend', 'it died');
  fail(gone);
  fail(new Error('a second reason'));
  for (const call of [...waiting, calls.sum(1)]) assert.equal(await call.catch((error) => error), gone);
  assert.deepEqual(waits, [true, false]);
  end();
});
