import { running, waiting } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';

/** The task that runs, with its progress and a way to end it. */
export function ProgressBar() {
  const task = running.value;
  if (!task) return null;
  return (
    <div class="progress" id="progress">
      <div class="text">
        <p class="title">{task.title}</p>
        <p class="detail">
          {task.text}
          {waiting.value.length > 0 &&
            `${task.text === '' ? '' : ' · '}${frameTexts.value.waiting(waiting.value.length)}`}
        </p>
      </div>
      <button type="button" id="cancel" onClick={() => task.cancel()}>
        {frameTexts.value.cancel}
      </button>
      <progress aria-label={task.title} {...(task.fraction === undefined ? {} : { value: task.fraction })} />
    </div>
  );
}
