import { alerts, dismiss } from '../state/tasks.ts';
import { frameTexts } from '../texts/frame.ts';

/** What the person has to know, until they dismiss it. */
export function Alerts() {
  return (
    <div id="alerts">
      {alerts.value.map(({ key, text, lines, action }) => (
        <div key={key} class="alert" role="alert">
          <div>
            {text}
            {lines.length > 0 && (
              <ul>
                {lines.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            )}
          </div>
          {action && (
            <button
              type="button"
              onClick={() => {
                dismiss(key);
                action.run();
              }}
            >
              {action.text}
            </button>
          )}
          <button type="button" onClick={() => dismiss(key)}>
            {frameTexts.value.dismiss}
          </button>
        </div>
      ))}
    </div>
  );
}
