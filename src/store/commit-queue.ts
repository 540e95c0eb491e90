import type { Change, FollowedStep } from './format/changes.ts';

/** Rows of one commit: what is acknowledged together, and what opening checks of the last commit. */
const commitBytes = 64 << 20;

/** Changes that are committed together, whoever else's go with them. */
interface Request {
  changes: readonly Change[];
  done: (steps: FollowedStep[]) => void;
  failed: (error: unknown) => void;
}

/** Makes one commit of the changes of all that `take` gives it; resolves to what each of them did. */
type CommitTogether = (take: () => (readonly Change[])[]) => Promise<FollowedStep[][]>;

/** Changes that wait for their commit: those that wait when it begins share it. */
export class CommitQueue {
  readonly #rowBytes: number;
  readonly #commit: CommitTogether;
  readonly #requests: Request[] = [];
  #running = false;

  constructor(rowBytes: number, commit: CommitTogether) {
    this.#rowBytes = rowBytes;
    this.#commit = commit;
  }

  /** Whether a commit is under way or about to begin. */
  get busy(): boolean {
    return this.#running;
  }

  /** Resolves when all of the changes are committed: at once, or in parts where they are more than a commit takes. */
  async add(changes: readonly Change[]): Promise<FollowedStep[]> {
    const perCommit = Math.max(1, Math.floor(commitBytes / this.#rowBytes));
    const parts: Promise<FollowedStep[]>[] = [];
    for (let from = 0; from < changes.length; from += perCommit) {
      const part = changes.slice(from, from + perCommit);
      parts.push(new Promise((done, failed) => this.#requests.push({ changes: part, done, failed })));
    }
    void this.#run();
    return parts.length === 1 ? parts[0]! : (await Promise.all(parts)).flat();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#requests.length > 0) {
      let group: Request[] = [];
      try {
        const steps = await this.#commit(() => {
          group = this.#next();
          return group.map(({ changes }) => changes);
        });
        for (const [n, { done }] of group.entries()) done(steps[n]!);
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    this.#running = false;
  }

  /** Those whose rows fit into one commit, the first in any case. */
  #next(): Request[] {
    const group: Request[] = [];
    let bytes = 0;
    for (let first = this.#requests[0]; first; first = this.#requests[0]) {
      bytes += first.changes.length * this.#rowBytes;
      if (group.length > 0 && bytes > commitBytes) break;
      group.push(first);
      this.#requests.shift();
    }
    return group;
  }
}
