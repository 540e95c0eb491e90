import { untilCalm } from '../state/calm.ts';
import { canOpenOffline, opensOffline, wantsIsolation } from '../state/offline.ts';
import { alertPerson, explain } from '../state/tasks.ts';
import { offlineTexts } from '../texts/offline.ts';

const stored = 'likeness-isolation';

function storedChoice(): boolean {
  try {
    return localStorage.getItem(stored) === 'on';
  } catch {
    return false; // where storage is blocked, so are service workers
  }
}

wantsIsolation.value = storedChoice();

const scriptUrl = (): string => `service-worker.js${wantsIsolation.value ? '?isolate' : ''}`;

/** While `npm run dev` serves the page, each of its files may be newer than those that were stored. */
const isBeingWritten = (): boolean => document.querySelector('meta[name=built]') !== null;

/** Stores the page's files, so that it opens with the network cut. Called when all that the page needs at once is there. */
export async function prepareOffline(): Promise<void> {
  if (!canOpenOffline || isBeingWritten()) return;
  await untilCalm();
  try {
    const registration = await navigator.serviceWorker.register(scriptUrl(), { updateViaCache: 'none' });
    // A new version may be there, on its way, or still to come: browsers look for it at a time of their own.
    const watch = (): void => {
      registration.installing?.addEventListener('statechange', () => offerNewVersion(registration));
    };
    registration.addEventListener('updatefound', watch);
    watch();
    offerNewVersion(registration);
    await navigator.serviceWorker.ready;
    opensOffline.value = true;
    await registration.update();
  } catch {
    // Private windows of Firefox, policies, no network to look for a new version: the page works as it is.
  }
}

function offerNewVersion({ waiting, active }: ServiceWorkerRegistration): void {
  if (!waiting || !active) return;
  const { newVersion, useNewVersion } = offlineTexts.value;
  alertPerson(newVersion, [], {
    text: useNewVersion,
    run() {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      waiting.postMessage('use the new version');
    },
  });
}

/** Turns cross-origin isolation by the service worker on or off. The page is loaded anew. */
export async function setIsolation(isOn: boolean): Promise<void> {
  wantsIsolation.value = isOn;
  try {
    if (isOn) localStorage.setItem(stored, 'on');
    else localStorage.removeItem(stored);
    const changed = new Promise((done) => {
      navigator.serviceWorker.addEventListener('controllerchange', done, { once: true });
    });
    const registration = await navigator.serviceWorker.register(scriptUrl(), { updateViaCache: 'none' });
    const next = registration.installing ?? registration.waiting;
    if (next) {
      await untilInstalled(next);
      next.postMessage('use the new version');
      await changed;
    }
    location.reload();
  } catch (error) {
    explain(error);
  }
}

function untilInstalled(worker: ServiceWorker): Promise<void> {
  return new Promise((done, failed) => {
    const look = (): void => {
      if (worker.state === 'redundant') failed(new Error(offlineTexts.value.notStored));
      else if (worker.state !== 'installing') done();
    };
    worker.addEventListener('statechange', look);
    look();
  });
}
