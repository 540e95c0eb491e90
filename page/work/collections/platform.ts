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

/**
 * Tells of changes below a folder, where the browser does.
 *
 * @returns what ends it
 */
export async function observe(folder: FileSystemDirectoryHandle, tell: () => void): Promise<() => void> {
  if (!platform.FileSystemObserver) return () => {};
  const observer = new platform.FileSystemObserver(tell);
  try {
    await observer.observe(folder, { recursive: true });
  } catch {
    // Some systems have no way to watch a folder, or not one so large.
  }
  return () => observer.disconnect();
}
