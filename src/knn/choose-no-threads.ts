import {
  type BackendChoice,
  type BackendRequest,
  type BackendSettings,
  chooseBackend,
} from './choose-backend.ts';

/** Replaces `choose-threads.ts` in the engine's worker, which searches on one thread and has no code of threads. */
export const chooseThreaded = (
  request: BackendRequest,
  dimension: number,
  settings: BackendSettings,
): Promise<BackendChoice> => chooseBackend(request, dimension, { ...settings, threads: 1 });
