import { signal } from '@preact/signals';

/** The dialogs that are open, the last one on top: what is told has to be in it, as all that lies below is out of reach. */
export const modals = signal<readonly string[]>([]);
