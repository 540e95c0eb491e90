import { signal } from '@preact/signals';

/** A list after a change. */
export interface Held<T> {
  /** What is shown: what was seen, then what comes after it. */
  readonly shown: readonly T[];
  /** How many new ones belong before the last that was seen: they wait until the person asks for them. */
  readonly waiting: number;
  /** Ids of what is shown; those that have gone are among them, as what comes back comes to its place. */
  readonly order: readonly string[];
}

/**
 * Changes a list without moving what a person has seen of it. What comes below that comes in by itself.
 *
 * @param before `order` of the last time
 * @param seen how many of `before`, from the first on, stay where they are
 * @param now the list as it would be
 */
export function keepSeen<T extends { readonly id: string }>(
  before: readonly string[],
  seen: number,
  now: readonly T[],
): Held<T> {
  const places = new Map(now.map(({ id }, place) => [id, place]));
  const head = before.slice(0, seen);
  const held = head.flatMap((id) => places.get(id) ?? []);
  const last = held.reduce((most, place) => Math.max(most, place), -1);
  const [isHeld, wasThere] = [new Set(held), new Set(before)];
  // One that was there stays there, also where something has changed by which the list is sorted.
  const tail = now.filter(({ id }, place) => !isHeld.has(place) && (place > last || wasThere.has(id)));
  return {
    shown: [...held.map((place) => now[place]!), ...tail],
    waiting: now.length - held.length - tail.length,
    order: [...head, ...tail.map(({ id }) => id)],
  };
}

/** A picture that the list is to bring before the person's eyes: the first of those that waited. */
export const lookAt = signal<string | undefined>(undefined);
