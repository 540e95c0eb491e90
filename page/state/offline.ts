import { signal } from '@preact/signals';

/** Whether the page opens with the network cut: its files are stored. */
export const opensOffline = signal(false);
/** Whether the browser can do that at all, here. */
export const canOpenOffline = 'serviceWorker' in navigator;
/** Whether the person asked for threads where the host does not send the headers that they need. */
export const wantsIsolation = signal(false);
