import { alerts, dismiss } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';
import { CloseIcon } from './icons.tsx';

/** What the person has to know, until they dismiss it. */
export function Alerts() {
  return (
    <div id="alerts">
      {alerts.value.map(({ key, text, lines, action }) => (
        <div key={key} class="alert" role="alert">
          <div class="text">
            <p>{text}</p>
            {lines.length > 0 && (
              <ul>
                {lines.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            )}
            {action && (
              <button
                type="button"
                class="action"
                onClick={() => {
                  dismiss(key);
                  action.run();
                }}
              >
                {action.text}
              </button>
            )}
          </div>
          <button type="button" class="bare" onClick={() => dismiss(key)}>
            <CloseIcon />
            <span class="unseen">{frameTexts.value.dismiss}</span>
          </button>
        </div>
      ))}
    </div>
  );
}
