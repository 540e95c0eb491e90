import { signal } from '@preact/signals';
import { alertPerson } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';
import type * as Rooms from './rooms.ts';

const rooms = signal<typeof Rooms | undefined>(undefined);
let coming: Promise<void> | undefined;

/** Whether the views that come later are here. */
export const areRoomsThere = (): boolean => rooms.value !== undefined;

/** Loads the views that come later: when the page is at rest, or when one of them is asked for. */
export function loadRooms(): Promise<void> {
  coming ??= import('./rooms.ts').then(
    (loaded) => {
      rooms.value = loaded;
    },
    () => {
      coming = undefined;
    },
  );
  return coming;
}

/** One of the views that come later. */
export function Room({ name }: { name: keyof typeof Rooms }) {
  const loaded = rooms.value;
  if (loaded) {
    const View = loaded[name];
    return <View />;
  }
  void loadRooms().then(() => {
    // The network is cut, or the server has another version of the page by now.
    if (!rooms.peek()) {
      const { notLoaded, loadAgain } = frameTexts.value;
      alertPerson(notLoaded, [], { text: loadAgain, run: () => location.reload() });
    }
  });
  return null;
}
