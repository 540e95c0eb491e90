import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { running } from '../state/tasks.ts';

/** While the number rises, it is said aloud once in so long. */
const sayMs = 20_000;

export interface NewOnesProps {
  /** Of the button. */
  id?: string;
  count: number;
  /** What is said of so many, e.g. "12 new matches". */
  about: string;
  /** What the button does, e.g. "show". */
  action: string;
  show(): void;
}

/**
 * A quiet button: new pictures belong among those that are seen, and wait until the person asks for them. It has its room
 * where nothing else is, so that nothing moves when it comes.
 */
export function NewOnes({ id = 'show-new', count, about, action, show }: NewOnesProps) {
  const said = useSignal('');
  const isSaid = said.value !== '';
  const isResting = running.value === undefined;
  useEffect(() => {
    if (count === 0) said.value = '';
    else if (!isSaid || isResting) said.value = about;
    else {
      const timer = setTimeout(() => {
        said.value = about;
      }, sayMs);
      return () => clearTimeout(timer);
    }
  }, [about, isResting]);
  return (
    <div class="new-ones">
      <span class="unseen" role="status">
        {said.value}
      </span>
      {count > 0 && (
        <button type="button" id={id} onClick={show}>
          {about} · {action}
        </button>
      )}
    </div>
  );
}
