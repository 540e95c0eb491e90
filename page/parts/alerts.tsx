import { useEffect, useRef } from 'preact/hooks';
import { type Action, type Alert, alerts, dismiss } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';
import { Detail } from './detail.tsx';
import { CloseIcon } from './icons.tsx';

/** What the person has to know, until they dismiss it. */
export function Alerts() {
  useEffect(() => {
    addEventListener('keydown', undoByKey);
    return () => removeEventListener('keydown', undoByKey);
  }, []);
  return (
    <div id="alerts">
      {alerts.value.map((alert) => (
        <OneAlert key={alert.key} alert={alert} />
      ))}
    </div>
  );
}

function OneAlert({ alert: { key, text, lines, action, detail } }: { alert: Alert }) {
  return (
    <div class={action?.isUndo ? 'alert done' : 'alert'} role="alert">
      <div class="text">
        <p>{text}</p>
        {lines.length > 0 && (
          <ul>
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {detail !== undefined && <Detail text={detail} />}
        {action && <ActionButton of={key} action={action} />}
      </div>
      <button type="button" class="bare" onClick={() => dismiss(key)}>
        <CloseIcon />
        <span class="unseen">{frameTexts.value.dismiss}</span>
      </button>
    </div>
  );
}

const act = (key: number, action: Action): void => {
  dismiss(key);
  action.run();
};

function ActionButton({ of: key, action }: { of: number; action: Action }) {
  const button = useRef<HTMLButtonElement>(null);
  const isUndo = action.isUndo ?? false;
  useEffect(() => {
    // What was used to do it went with it: the keyboard would begin at the page's top.
    const focused = document.activeElement;
    if (isUndo && (!focused || focused === document.body)) button.current!.focus({ preventScroll: true });
  }, []);
  return (
    <button
      type="button"
      class="action"
      ref={button}
      onClick={() => act(key, action)}
      {...(isUndo ? { 'aria-keyshortcuts': 'Control+Z Meta+Z' } : {})}
    >
      {action.text}
    </button>
  );
}

/** Takes back what was done last. In a field the keys are the field's. */
function undoByKey(event: KeyboardEvent): void {
  const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey);
  if (!isUndo || event.shiftKey || event.altKey || event.defaultPrevented) return;
  const field = event.target as HTMLElement;
  if (field.matches('textarea, input:not([type="checkbox"], [type="range"], [type="file"])')) return;
  const last = alerts.value.findLast(({ action }) => action?.isUndo);
  if (!last) return;
  event.preventDefault();
  act(last.key, last.action!);
}
