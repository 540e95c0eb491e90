// Remembers what a page says, for drivers that do not: loaded by a page first, or run in it as soon as it is there.
(() => {
  if (globalThis.__said) return;
  const said = [];
  globalThis.__said = said;
  const text = (value) => (value instanceof Error ? `${value}\n${value.stack}` : String(value));
  for (const [method, type] of Object.entries({ error: 'error', warn: 'warning', log: 'log' })) {
    const original = console[method];
    console[method] = (...values) => {
      said.push({ type, text: values.map(text).join(' ') });
      original.apply(console, values);
    };
  }
  addEventListener('error', (event) => {
    // A picture that does not load is told of by nothing else than this event, and is no fault of a script.
    if (event instanceof ErrorEvent) said.push({ type: 'error', text: text(event.error ?? event.message) });
  });
  addEventListener('unhandledrejection', ({ reason }) => said.push({ type: 'error', text: text(reason) }));
})();
