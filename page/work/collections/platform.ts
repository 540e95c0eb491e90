/** What TypeScript's library does not have of the File System Access API, as Chromium has it. */
export interface KeptFolder extends FileSystemDirectoryHandle {
  queryPermission?(options: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}

interface FolderObserver {
  observe(folder: FileSystemDirectoryHandle, options: { recursive: boolean }): Promise<void>;
  disconnect(): void;
}

interface Platform {
  showDirectoryPicker?(options: { id: string; mode: 'read' }): Promise<KeptFolder>;
  FileSystemObserver?: new (tell: () => void) => FolderObserver;
}

const platform = globalThis as Platform;

/** Whether this browser hands out folders that can be kept and opened again. */
export const canKeepFolders = (): boolean => typeof platform.showDirectoryPicker === 'function';

/** Has the person choose a folder; `undefined` where they do not. */
export async function pickFolder(): Promise<KeptFolder | undefined> {
  try {
    return await platform.showDirectoryPicker!({ id: 'pictures', mode: 'read' });
  } catch (error) {
    if ((error as Error).name === 'AbortError') return undefined;
    throw error;
  }
}

/** Whether a kept folder may be read; with `ask` the person is asked, which takes a click of theirs just before. */
export async function mayRead(folder: KeptFolder, { ask }: { ask: boolean }): Promise<boolean> {
  const mode = 'read';
  const state = (await folder.queryPermission?.({ mode })) ?? 'granted';
  if (state === 'granted' || !ask) return state === 'granted';
  return (await folder.requestPermission?.({ mode })) === 'granted';
}

/** Without an observer, a folder is looked at again when the person comes back after so long. */
const awayMs = 5000;

/**
 * Tells when something below a folder may have changed: as it happens where the browser watches folders, else when the person
 * comes back to the page.
 *
 * @returns what ends it
 */
export async function observe(folder: FileSystemDirectoryHandle, tell: () => void): Promise<() => void> {
  if (!platform.FileSystemObserver || !(await isWatchedSafely(folder))) return onReturn(tell);
  const observer = new platform.FileSystemObserver(tell);
  try {
    await observer.observe(folder, { recursive: true });
  } catch {
    // Some systems cannot watch a folder, or not one so large.
    observer.disconnect();
    return onReturn(tell);
  }
  const stop = (): void => observer.disconnect();
  addEventListener('pagehide', stop);
  return stop;
}

/**
 * Chromium 156 on Linux was seen to end as a whole, all its windows with it, when folders of the disk were deleted that a page
 * had been watching. The browser's own file system is watched without the system's help.
 */
async function isWatchedSafely(folder: FileSystemDirectoryHandle): Promise<boolean> {
  const { userAgentData, platform: system } = navigator as Navigator & {
    userAgentData?: { platform: string };
  };
  if (!/linux/i.test(userAgentData?.platform ?? system)) return true;
  const own = await navigator.storage.getDirectory().catch(() => undefined);
  return ((await own?.resolve(folder).catch(() => null)) ?? null) !== null;
}

function onReturn(tell: () => void): () => void {
  let looked = performance.now();
  const onVisible = (): void => {
    if (document.visibilityState !== 'visible' || performance.now() - looked < awayMs) return;
    looked = performance.now();
    tell();
  };
  document.addEventListener('visibilitychange', onVisible);
  return () => document.removeEventListener('visibilitychange', onVisible);
}
