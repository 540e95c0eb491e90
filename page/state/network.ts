import { signal } from '@preact/signals';

/** How far the model's network is: it comes when it is needed, or beforehand, quietly. */
export type NetworkState =
  | { is: 'away' }
  | { is: 'loading'; name: string; fraction: number | undefined; text: string; isQuiet: boolean }
  | { is: 'ready' };

export const network = signal<NetworkState>({ is: 'away' });
