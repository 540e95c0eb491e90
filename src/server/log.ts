/** A line of the log: one JSON object. */
export type LogLine = Record<string, string | number | boolean | null | undefined>;

export type Log = (level: 'info' | 'warn' | 'error', line: LogLine) => void;

/**
 * A log from a level on.
 *
 * @param write puts a line out as JSON; it must not throw
 * @param least info: all requests; warn: those that failed; error: those that are the server's own fault
 */
export function leveledLog(write: (line: LogLine) => void, least: 'info' | 'warn' | 'error' = 'info'): Log {
  const levels = ['info', 'warn', 'error'];
  return (level, line) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    write({ time: new Date().toISOString(), level, ...line });
  };
}
