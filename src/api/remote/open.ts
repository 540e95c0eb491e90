import { refuse } from '../../base/checks.ts';
import { LikenessError } from '../../base/errors.ts';
import { ownModel } from '../../base/own-model.ts';
import { sentence } from '../../web/why-not.ts';
import type { CheckedCall } from '../arguments.ts';
import type { EngineHost } from '../image-search.ts';
import type { OpenOptions } from '../options.ts';
import { addressOf } from './address.ts';
import { type Health, readHealth } from './answers.ts';
import { Extractor, type LocalHost } from './extractor.ts';
import { Http } from './http.ts';
import { RemoteEngine } from './remote-engine.ts';

/** What a platform gives. */
export interface RemotePlatform<Source> {
  /** What relative URLs are relative to; `undefined` where there is nothing. */
  base: string | undefined;
  hold: EngineHost<Source>['hold'];
  /** Opens a model without its network, and with no index. @throws LikenessError where there is no such model */
  openModel(model: OpenOptions['model']): Promise<LocalHost<Source>>;
}

/** Opens a server's index as if it were here. */
export async function openRemote<Source>(
  options: OpenOptions & CheckedCall,
  { base, hold, openModel }: RemotePlatform<Source>,
): Promise<EngineHost<Source, unknown>> {
  const { signal, onProgress, model, network } = options;
  if (options.store !== undefined) refuse('store', options.store, 'left out where there is a server');
  const http = new Http(addressOf(options.server, base));
  const health = await readHealth(http, signal);
  const given = model === undefined ? modelsOf(health, http, base !== undefined) : [model];
  const found = await findModel(given, health, http, openModel);
  // Without a model vectors and ids are searched. One that was named has to be right.
  const isWanted = model !== undefined || (network !== 'lazy' && given.length > 0);
  const why =
    'why' in found ? (model === undefined ? notHere(found.why, health, http) : found.why) : undefined;
  if (why && isWanted) throw why;
  const local = 'why' in found ? undefined : found.local;
  try {
    const extractor = new Extractor(local, health.fingerprint, why);
    const running =
      local && network !== 'lazy' ? await local.engine.loadNetwork({ signal, onProgress }) : undefined;
    signal?.throwIfAborted();
    const engine = new RemoteEngine<Source, unknown>(http, health, extractor);
    return {
      engine,
      size: health.size,
      running,
      storeName: (store) => store,
      hold,
      refusePredicate: () => engine.refusePredicate(),
      dispose: () => local?.dispose(),
    };
  } catch (error) {
    await local?.engine.close().catch(() => {});
    local?.dispose();
    throw error;
  }
}

/**
 * Which models may be that of a server, the likeliest first: the one with its name that is here, and where the server says.
 *
 * @param inPage a page has the model of this package and seldom another: asking for what is not there is a red line in its
 *   console
 */
function modelsOf({ fingerprint, model }: Health, http: Http, inPage: boolean): string[] {
  const name = /^[^/:@]+(?=@)/.exec(fingerprint ?? '')?.[0];
  const url = model?.url ? new URL(model.url, http.address.href('')).href : undefined;
  const models = inPage && name !== ownModel ? [url, name] : [name, url];
  return models.filter((each) => each !== undefined);
}

/** For who has named nothing but a server: the reason alone would be about a name that they have not written. */
function notHere(why: LikenessError, { fingerprint }: Health, { address: { name } }: Http): LikenessError {
  if (why.code === 'model-mismatch') return why;
  return new LikenessError(
    why.code,
    `The server ${name} has vectors of ${fingerprint}, and that model is not here: ${sentence(why.message)} Say where it is, { model: '…' }, or search by vectors and ids, { network: 'lazy' }.`,
    { cause: why },
  );
}

/** The first model that makes the vectors of the server; else why there is none. */
async function findModel<Source>(
  models: readonly NonNullable<OpenOptions['model']>[],
  health: Health,
  { address: { name } }: Http,
  openModel: RemotePlatform<Source>['openModel'],
): Promise<{ local: LocalHost<Source> } | { why: LikenessError }> {
  const { fingerprint, dims } = health;
  let why: LikenessError | undefined;
  for (const model of models) {
    let local: LocalHost<Source>;
    try {
      local = await openModel(model);
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      why ??= error;
      continue;
    }
    const { model: own } = await local.engine.report();
    const isRight = own.dimension === dims && (fingerprint === null || own.fingerprint === fingerprint);
    if (isRight) return { local };
    await local.engine.close();
    local.dispose();
    why = new LikenessError(
      'model-mismatch',
      `The server ${name} has vectors of ${fingerprint ?? 'a model that it does not name'} (${dims} values), the model here is ${own.fingerprint} (${own.dimension} values): features of two models cannot be compared. Open it with the server's model, { model: '…' }, or index the pictures again.`,
    );
  }
  return {
    why:
      why ??
      new LikenessError(
        'model-mismatch',
        `The server ${name} does not say which model made its vectors (${dims} values), so no picture can be compared with them. Ask with a vector or { id }, or open it with { model }.`,
      ),
  };
}
