import type { Hono } from 'hono';
import { type Env, limited } from './exchange.ts';
import { clientGone, HttpError, httpErrorOf, isStoreFault } from './http-error.ts';
import type { Budget, Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

interface Observers {
  metrics: Metrics;
  budget: Budget;
  limits: Limits;
  log: Log;
}

/** Puts around all routes: time limit, errors as JSON, figures, log, and no work while answers wait. */
export function observed(app: Hono<Env>, { metrics, budget, limits, log }: Observers): void {
  app.use(async (exchange, next) => {
    const began = performance.now();
    const { method } = exchange.req;
    exchange.set('route', 'other');
    const { signal, end } = limited(exchange.req.raw.signal, limits.bodyMs + limits.queryMs);
    exchange.set('signal', signal);
    const { pathname: path } = new URL(exchange.req.url);
    const refusal = path === '/api/health' || path === '/metrics' ? undefined : budget.refusal;
    if (refusal) exchange.res = answerOf(refusal);
    // What an engine does for too long goes on by itself; nobody waits for it.
    else if (await isCut(next(), signal)) exchange.res = answerOf(httpErrorOf(signal.reason));
    end();
    const { route } = exchange.var;
    const isGone = exchange.req.raw.signal.aborted;
    const status = isGone ? clientGone : exchange.res.status;
    const seconds = (performance.now() - began) / 1000;
    metrics.observe(route, method, status, seconds);
    const thrown: unknown = exchange.error ?? (signal.aborted ? signal.reason : undefined);
    const failure = thrown && !isGone ? { error: String((thrown as Error).message) } : {};
    const isSlow = thrown instanceof HttpError && thrown.code === 'store-slow';
    const isOurs = status >= 500 && (status !== 503 || isStoreFault(thrown) || isSlow);
    const level = isOurs ? 'error' : status >= 400 ? 'warn' : 'info';
    log(level, { method, path, route, status, ms: Math.round(seconds * 1e4) / 10, ...failure });
  });
  app.notFound((exchange) =>
    answerOf(
      new HttpError(
        404,
        'not-found',
        `There is nothing at ${new URL(exchange.req.url).pathname}; docs/http.md lists what there is.`,
      ),
    ),
  );
  app.onError((error) => answerOf(httpErrorOf(error)));
}

/** Whether a signal came before work had ended. */
async function isCut(work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  let note = (): void => {};
  const aborted = new Promise<boolean>((resolve) => {
    note = () => resolve(true);
    if (signal.aborted) note();
    signal.addEventListener('abort', note, { once: true });
  });
  try {
    return await Promise.race([work.then(() => false), aborted]);
  } finally {
    signal.removeEventListener('abort', note);
  }
}

const answerOf = ({ status, code, message, headers }: HttpError): Response =>
  Response.json({ error: { code, message } }, { status, headers });
