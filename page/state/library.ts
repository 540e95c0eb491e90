import { signal } from '@preact/signals';
import type { ImageSearch, Report } from 'likeness-search';

/** The opened model and index; `undefined` until they are. */
export const search = signal<ImageSearch | undefined>(undefined);
/** What runs, and why. */
export const report = signal<Report | undefined>(undefined);
/** Why no model could be opened. */
export const openingError = signal<string | undefined>(undefined);
