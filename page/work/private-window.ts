import { report } from '../state/library.ts';
import { alertPerson } from '../state/tasks.ts';
import { privateWindow } from '../texts/warnings.ts';

let told = false;

/**
 * Says once in a visit that this seems to be a private window, when a person adds pictures. Firefox and Safari have a file
 * system of the page's own, and give private windows none: what their database holds goes with the window.
 */
export async function warnOfPrivate(): Promise<void> {
  // Where all is in memory, that is told already.
  if (told || !/^(indexeddb|opfs):/.test(report.value?.store?.name ?? '')) return;
  if (!isSecureContext || typeof navigator.storage?.getDirectory !== 'function') return;
  told = true;
  try {
    await navigator.storage.getDirectory();
  } catch {
    alertPerson(privateWindow());
  }
}
