import { network } from '../state/network.ts';
import { running, waiting } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';
import { workTexts } from '../texts/work.ts';

/** The task that runs, with its progress and a way to end it. */
export function ProgressBar() {
  const { value: now } = network;
  const coming = now.is === 'loading' && !now.isQuiet ? now : undefined;
  const task = running.value;
  if (!task && !coming) return null;
  // Nothing else can go on while somebody waits for the model.
  const text = coming?.text ?? task?.text ?? '';
  const fraction = coming ? coming.fraction : task?.fraction;
  const title = task?.title ?? workTexts.value.opening(coming!.name);
  return (
    <div class="progress" id="progress">
      <div class="text">
        <p class="title">{title}</p>
        <p class="detail">
          {text}
          {waiting.value.length > 0 &&
            `${text === '' ? '' : ' · '}${frameTexts.value.waiting(waiting.value.length)}`}
        </p>
      </div>
      {task && (
        <button type="button" id="cancel" onClick={() => task.cancel()}>
          {frameTexts.value.cancel}
        </button>
      )}
      <progress aria-label={title} {...(fraction === undefined ? {} : { value: fraction })} />
    </div>
  );
}
