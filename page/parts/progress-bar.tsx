import { running, waiting } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';

/** The task that runs, with its progress and a way to end it. */
export function ProgressBar() {
  const task = running.value;
  if (!task) return null;
  const text = task.text === '' ? task.title : task.text;
  return (
    <div class="progress" id="progress">
      <progress aria-label={task.title} {...(task.fraction === undefined ? {} : { value: task.fraction })} />
      <p>
        {text}
        {waiting.value.length > 0 && ` · ${frameTexts.value.waiting(waiting.value.length)}`}
      </p>
      <button type="button" id="cancel" onClick={() => task.cancel()}>
        {frameTexts.value.cancel}
      </button>
    </div>
  );
}
