import { signal } from '@preact/signals';

/** What the browser says of the page's storage; `undefined` while it has not answered. */
export interface Room {
  /** Bytes; absent where the browser does not tell. */
  used?: number;
  free?: number;
  /** Whether it is kept when room runs short; absent where the browser does not tell. */
  isKept?: boolean;
}

export const room = signal<Room | undefined>(undefined);

/** Browsers that never answer were seen. */
const patience = 2000;

const orNothing = <T>(ask: () => Promise<T> | undefined): Promise<T | undefined> =>
  Promise.race([
    // WebKitGTK has no `estimate`; where storage is denied the call fails.
    Promise.resolve()
      .then(ask)
      .catch(() => undefined),
    new Promise<undefined>((done) => setTimeout(done, patience)),
  ]);

/** Asks the browser anew. */
export async function lookAtRoom(): Promise<void> {
  const [estimate, isKept] = await Promise.all([
    orNothing(() => navigator.storage?.estimate?.()),
    orNothing(() => navigator.storage?.persisted?.()),
  ]);
  const { usage, quota } = estimate ?? {};
  room.value = {
    ...(usage !== undefined && quota !== undefined ? { used: usage, free: Math.max(0, quota - usage) } : {}),
    ...(isKept === undefined ? {} : { isKept }),
  };
}

/** Asks the browser to keep what is stored; some ask the person. Answers with whether it does. */
export async function askToKeep(): Promise<boolean> {
  const isKept = (await Promise.resolve(navigator.storage?.persist?.()).catch(() => false)) ?? false;
  await lookAtRoom();
  return isKept;
}
