import type { LayerRange } from './convolution/thread.ts';
import type { CpuGraph } from './graph.ts';

/** A thread that runs a graph. */
export interface PoolThread {
  /** As {@link CpuGraph.run}; rejects when the thread dies or is ended. */
  run(values: Float32Array, n: number, layers?: LayerRange): Promise<Float32Array>;
  end(): Promise<unknown>;
}

/** A graph on up to `max` threads, batches side by side. A thread starts when all others are busy. */
export function createPool(max: number, start: (index: number) => PoolThread): CpuGraph {
  const members: { thread: PoolThread; calls: number }[] = [];
  const idlest = (): (typeof members)[number] => {
    const free = members.find(({ calls }) => calls === 0);
    if (free) return free;
    if (members.length < max) {
      const started = { thread: start(members.length), calls: 0 };
      members.push(started);
      return started;
    }
    return members.reduce((idlest, member) => (member.calls < idlest.calls ? member : idlest));
  };
  return {
    threads: max,
    async run(values, n, layers) {
      const member = idlest();
      member.calls++;
      try {
        return await member.thread.run(values, n, layers);
      } finally {
        member.calls--;
      }
    },
    async close() {
      await Promise.all(members.splice(0).map(({ thread }) => thread.end()));
    },
  };
}
