import { startThread } from '#start-thread';
import { canShareMemory } from '../web/shared-memory.ts';
import type { Backend } from './backend/backend.ts';
import { type BackendRequest, type BackendSettings, chooseBackend } from './choose-backend.ts';
import { Shards } from './threads/shards.ts';
import { SharedThreads } from './threads/shared-threads.ts';
import type { ThreadStart } from './threads/start-thread.ts';
import type { SearchThreads, StartThread } from './threads/threads.ts';
import type { WasmBackend } from './wasm/backend.ts';

/** A backend, or rows that threads have divided among them. */
export interface ThreadedChoice {
  backend: Backend | Shards;
  threads?: SearchThreads | undefined;
  /** Why, as a sentence. */
  reason: string;
}

/** As `chooseBackend`; a backend on the CPU gets threads. Where they do not start there is one. */
export async function chooseThreaded(
  request: BackendRequest,
  dimension: number,
  settings: BackendSettings,
  {
    isShared = canShareMemory(),
    minProducts,
    ...how
  }: ThreadStart & { isShared?: boolean; minProducts?: number } = {},
): Promise<ThreadedChoice> {
  const { threads = 1 } = settings;
  const choice = await chooseBackend(request, dimension, { ...settings, threads: isShared ? threads : 1 });
  const { backend, reason } = choice;
  if (threads === 1 || !canShare(backend)) return choice;
  const start: StartThread = () => startThread(how);
  try {
    if (isShared) {
      return {
        backend,
        threads: await SharedThreads.start(backend, start, minProducts),
        reason: `${reason}; ${threads} threads`,
      };
    }
    const shards = await Shards.start(dimension, threads, start);
    backend.close();
    return {
      backend: shards,
      threads: shards,
      reason: `${reason}; ${threads} threads, each with rows of its own, as memory cannot be shared here`,
    };
  } catch (error) {
    return {
      ...choice,
      reason: `${reason}; one thread, as others do not start: ${(error as Error).message}`,
    };
  }
}

/** Whether a backend can have threads: those on the CPU that keep full rows. */
const canShare = (backend: Backend): backend is WasmBackend => 'share' in backend;
