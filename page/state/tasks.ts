import { computed, signal } from '@preact/signals';
import { errorText } from '../texts/errors.ts';

/** Work that takes long, can be cancelled and is shown: opening a model, indexing. One runs, the others wait. */
export interface Task {
  readonly title: string;
  /** 0 … 1; `undefined` while it is not known. */
  readonly fraction: number | undefined;
  /** E.g. `120 of 542 · 61 a second · 7 s left`. */
  readonly text: string;
  cancel(): void;
}

/** Something that the person has to know, until they dismiss it. */
export interface Alert {
  readonly key: number;
  readonly text: string;
  /** Details, e.g. names of files. */
  readonly lines: readonly string[];
  /** The library's own words, in English: for those who want to know. */
  readonly detail?: string;
  readonly action?: Action;
}

/** What a person can do about it, by a button. */
export interface Action {
  text: string;
  run(): void;
  /** It takes back what was just done, which is no alarm. */
  isUndo?: boolean;
}

const tasks = signal<readonly Task[]>([]);
/** The task that runs. */
export const running = computed(() => tasks.value[0]);
/** Tasks that wait for it. */
export const waiting = computed(() => tasks.value.slice(1));

export const alerts = signal<readonly Alert[]>([]);
/** Said to screen readers, and shown quietly. */
export const status = signal('');

export const say = (text: string): void => {
  status.value = text;
};

let lastKey = 0;

export function alertPerson(
  text: string,
  lines: readonly string[] = [],
  action?: Action,
  detail?: string,
): void {
  // What is taken back is each time another thing.
  const isTold = (one: Alert): boolean =>
    one.text === text && one.lines.join() === lines.join() && one.detail === detail;
  if (!action?.isUndo && alerts.value.some(isTold)) return;
  const alert = { key: ++lastKey, text, lines, ...(action && { action }), ...(detail && { detail }) };
  alerts.value = [...alerts.value, alert];
}

export const dismiss = (key: number): void => {
  alerts.value = alerts.value.filter((alert) => alert.key !== key);
};

/** Takes back what was told: it is so no more. */
export const withdraw = (text: string): void => {
  alerts.value = alerts.value.filter((alert) => alert.text !== text);
};

/** Shows what went wrong, unless the person ended it. */
export function explain(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  const { text, detail } = errorText(error);
  alertPerson(text, [], undefined, detail);
}

export type ShowProgress = (fraction: number | undefined, text: string) => void;

/**
 * Runs a task after those that were begun before. Errors are shown, and the promise resolves then too; `undefined` where it
 * failed or was cancelled.
 */
export async function runTask<T>(
  title: string,
  work: (signal: AbortSignal, show: ShowProgress) => Promise<T>,
): Promise<T | undefined> {
  const controller = new AbortController();
  let task: Task = { title, fraction: undefined, text: '', cancel: () => controller.abort() };
  const before = last;
  let done!: () => void;
  last = new Promise<void>((resolve) => {
    done = resolve;
  });
  const replace = (next: Task): void => {
    tasks.value = tasks.value.map((one) => (one === task ? next : one));
    task = next;
  };
  tasks.value = [...tasks.value, task];
  try {
    await before;
    controller.signal.throwIfAborted();
    return await work(controller.signal, (fraction, text) => replace({ ...task, fraction, text }));
  } catch (error) {
    if (!controller.signal.aborted) explain(error);
    return undefined;
  } finally {
    tasks.value = tasks.value.filter((one) => one !== task);
    done();
  }
}

let last: Promise<void> = Promise.resolve();
