import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { shown } from '../base/checks.ts';
import { rocchio } from '../engine/rocchio.ts';
import { writersOnly } from './auth.ts';
import { parseJson, readBody } from './body.ts';
import { type Env, type Exchange, hasVersion, idOf, sendJson } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { Budget, Gate, type Limits, usualLimits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { observed } from './observed.ts';
import type { ApiOptions } from './options.ts';
import { Probe } from './probe.ts';
import { type Asked, checkPage, optionsOfUrl, readQuery } from './query-input.ts';
import { readIds, readRows } from './rows-input.ts';
import { Watch } from './status.ts';

/** The routes of docs/http.md over an engine. */
export function createApi(options: ApiOptions): Hono<Env> {
  const { engine, kind, model, origins = [], extract } = options;
  const limits: Limits = { ...usualLimits, ...options.limits };
  const gate = new Gate(limits);
  const budget = new Budget(limits.heldBytes);
  const watch = new Watch(engine);
  const checkWriter = writersOnly(options.token);
  const state = new Probe(async () => {
    const [size, exactness] = await Promise.all([engine.size(), watch.state()]);
    return { size, ...exactness };
  }, limits.probeMs);
  const metrics = createMetrics({
    size: async () => (await state.read()).size,
    recall: async () => {
      const { exact, recall } = await state.read();
      return exact ? { value: 1, k: limits.k, queries: 0 } : recall;
    },
    running: () => gate.inside,
    left: () => gate.left,
    heldBytes: () => budget.held,
  });

  const app = new Hono<Env>();
  observed(app, { metrics, budget, limits, log: options.log });
  if (origins.length > 0) {
    app.use(
      '/api/*',
      cors({
        origin: origins.includes('*') ? '*' : [...origins],
        allowMethods: ['GET', 'HEAD', 'POST', 'DELETE'],
        allowHeaders: ['Content-Type', 'Authorization', 'Likeness-Fingerprint', 'If-None-Match'],
        exposeHeaders: ['ETag', 'Retry-After'],
        maxAge: 3600,
      }),
    );
  }
  app.use(methodNotAllowed({ app, onMethodNotAllowed: wrongMethod }));

  /** Reads a body, and gives back what it takes when `use` has ended. */
  const withBody = async (
    exchange: Exchange,
    use: (bytes: Uint8Array<ArrayBuffer>) => Promise<Response>,
  ): Promise<Response> => {
    const { bytes, free } = await readBody(exchange.req.raw, limits, budget);
    try {
      return await use(bytes);
    } finally {
      free();
    }
  };
  const name = (exchange: Exchange, route: string): void => exchange.set('route', route);

  app.get('/api/health', async (exchange) => {
    name(exchange, 'health');
    const { dims, fingerprint, staleMs } = engine;
    try {
      if (gate.refusal) throw gate.refusal;
      const { size, exact, recall } = await state.read();
      const { k, depth, page, bodyBytes, ids } = limits;
      return exchange.json({
        status: 'ok',
        engine: kind,
        size,
        dims,
        fingerprint,
        model,
        exact,
        recall,
        staleMs,
        limits: { k, depth, page, bodyBytes, ids },
        extract: extract !== undefined,
        writable: options.token !== undefined,
      });
    } catch (error) {
      options.log('error', { message: 'health', error: String((error as Error).message) });
      return exchange.json({ status: 'failing', error: 'The index cannot be read; the log says why.' }, 503);
    }
  });

  app.get('/metrics', async (exchange) => {
    name(exchange, 'metrics');
    return exchange.body(await metrics.text(), 200, { 'Content-Type': metrics.type });
  });

  /** Answers with what one version of the index says, or that the client has that version. */
  const versioned = async (exchange: Exchange, make: () => Promise<unknown>): Promise<Response> => {
    // The version before the content: a change between the two makes the tag too old, never the content.
    const version = await engine.version();
    const tag = `"${createHash('sha256').update(version).digest('base64url').slice(0, 22)}"`;
    exchange.header('ETag', tag);
    exchange.header('Cache-Control', 'no-cache');
    if (hasVersion(exchange.req.header('if-none-match'), tag)) return exchange.body(null, 304);
    return sendJson(exchange, await make(), budget);
  };

  app.get('/api/entries', async (exchange) => {
    name(exchange, 'entries');
    const names = ['offset', 'limit', 'filter'];
    const { offset = 0, limit, filter } = checkPage(optionsOfUrl(new URL(exchange.req.url), names), limits);
    const { signal } = exchange.var;
    return gate.run(signal, () =>
      versioned(exchange, async () => {
        const { entries, total } = await engine.entries({ offset, limit, filter, signal });
        return { entries, offset, total };
      }),
    );
  });

  app.get('/api/entries/*', async (exchange) => {
    name(exchange, 'entry');
    const id = idOf(exchange);
    return gate.run(exchange.var.signal, () =>
      versioned(exchange, async () => {
        const entry = await engine.entry(id);
        if (entry) return entry;
        throw new HttpError(404, 'not-found', `No picture with the id ${shown(id)} is in the index.`);
      }),
    );
  });

  /** @throws HttpError 409 where vectors of another model came */
  const checkModel = (exchange: Exchange, what: string): void => {
    const { fingerprint } = engine;
    const theirs = exchange.req.header('likeness-fingerprint');
    if (theirs === undefined || fingerprint === null || theirs === fingerprint) return;
    throw new HttpError(
      409,
      'wrong-model',
      `${what} made with the model ${theirs}, this index with ${fingerprint}: their vectors cannot be compared. Use the model of the index (GET /api/health names it).`,
    );
  };

  /** The vector that is searched by, and ids that are no answers. */
  const vectorOf = async (
    asked: Asked,
    signal: AbortSignal,
  ): Promise<{ vector: Float32Array; own: string[] }> => {
    if ('vector' in asked) return { vector: asked.vector, own: [] };
    if ('picture' in asked) return { vector: await extract!(asked.picture, signal), own: [] };
    const pictures = 'ids' in asked ? asked.ids.map((id) => ({ id, weight: 1 })) : asked.pictures;
    const own = pictures.flatMap((picture) => ('id' in picture ? [picture.id] : []));
    const rows = await engine.vectorsOf(own);
    const missing = rows.indexOf(undefined);
    if (missing >= 0) {
      const id = shown(own[missing]);
      throw new HttpError(404, 'not-found', `No picture with the id ${id} is in the index; add it first.`);
    }
    const stored = rows.values() as Iterator<Float32Array, never>;
    const vectors = pictures.map((picture) => ('id' in picture ? stored.next().value : picture.vector));
    // One picture is taken as it is, whatever its weight, as ImageSearch does.
    if (vectors.length === 1) return { vector: vectors[0]!, own };
    const weights = pictures.map(({ weight }) => weight);
    return { vector: rocchio(vectors, weights), own };
  };

  app.post('/api/query', async (exchange) => {
    name(exchange, 'query');
    const { dims } = engine;
    checkModel(exchange, 'The query was');
    return withBody(exchange, async (bytes) => {
      const type = exchange.req.header('content-type') ?? '';
      const url = new URL(exchange.req.url);
      const { asked, options: how } = readQuery(type, url, bytes, dims, extract !== undefined, limits);
      const { signal } = exchange.var;
      return gate.run(signal, async () => {
        const { vector, own } = await vectorOf(asked, signal);
        signal.throwIfAborted();
        const exclude = [...(how.exclude ?? []), ...own];
        const [answer, size] = await Promise.all([
          engine.query(vector, { ...how, ...(exclude.length > 0 && { exclude }), signal }),
          engine.size(),
        ]);
        if (how.filter === undefined) watch.note(answer);
        const { hits, exact, recall } = answer;
        exchange.header('Cache-Control', 'no-store');
        return sendJson(exchange, { hits, exact, recall, size }, budget);
      });
    });
  });

  /** A change, by somebody who may make one. */
  const change = async (exchange: Exchange, make: () => Promise<object>): Promise<Response> =>
    gate.run(exchange.var.signal, async () => {
      const made = await make();
      exchange.header('Cache-Control', 'no-store');
      return exchange.json({ ...made, size: await engine.size() });
    });

  app.post('/api/add', async (exchange) => {
    name(exchange, 'add');
    checkWriter(exchange.req.header('authorization'));
    checkModel(exchange, 'The vectors were');
    return withBody(exchange, async (bytes) => {
      checkJson(exchange);
      const rows = readRows(parseJson(bytes), engine.dims);
      return change(exchange, () => engine.add(rows, { signal: exchange.var.signal }));
    });
  });

  app.delete('/api/entries', async (exchange) => {
    name(exchange, 'remove');
    checkWriter(exchange.req.header('authorization'));
    return withBody(exchange, async (bytes) => {
      checkJson(exchange);
      const ids = readIds(parseJson(bytes));
      return change(exchange, async () => ({ removed: await engine.remove(ids) }));
    });
  });

  app.delete('/api/entries/*', async (exchange) => {
    name(exchange, 'remove');
    checkWriter(exchange.req.header('authorization'));
    const id = idOf(exchange);
    return change(exchange, async () => ({ removed: await engine.remove([id]) }));
  });

  return app;
}

function wrongMethod(exchange: { req: { method: string } }, methods: string[]): Response {
  const Allow = [...methods, 'OPTIONS'].join(', ');
  if (exchange.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { Allow } });
  const message = `${exchange.req.method} is not answered here; wanted is ${methods.join(', ')}.`;
  return Response.json({ error: { code: 'wrong-method', message } }, { status: 405, headers: { Allow } });
}

/** @throws HttpError 415 */
function checkJson(exchange: Exchange): void {
  const type = (exchange.req.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/json') return;
  const came = type === '' ? 'no Content-Type' : `Content-Type ${JSON.stringify(type)}`;
  throw new HttpError(415, 'wrong-type', `The body came with ${came}; it has to be application/json.`);
}
