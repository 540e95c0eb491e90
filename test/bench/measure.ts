/** Something to time. `run` returns a value that depends on the work, so that no compiler drops it. */
export interface Contender {
  name: string;
  run(): number | Promise<number>;
  /** Where it differs from the others' number. */
  runs?: number;
}

export interface Measured {
  name: string;
  /** Milliseconds. */
  median: number;
  min: number;
  max: number;
  runs: number;
  /** What the last run returned. */
  result: number;
}

/** Times all contenders in turns, so that what else the machine does hits all alike; two rounds first to warm up. */
export async function measure(contenders: readonly Contender[], runs: number): Promise<Measured[]> {
  const times = contenders.map((): number[] => []);
  const results = contenders.map(() => 0);
  for (let round = -2; round < runs; round++) {
    for (const [i, contender] of contenders.entries()) {
      const wanted = contender.runs ?? runs;
      if (round >= wanted || (round === -2 && wanted < runs)) continue;
      const start = performance.now();
      results[i] = await contender.run();
      if (round >= 0) times[i]!.push(performance.now() - start);
    }
  }
  return contenders.map(({ name }, i) => {
    const sorted = times[i]!.sort((a, b) => a - b);
    return {
      name,
      median: (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2,
      min: sorted[0]!,
      max: sorted.at(-1)!,
      runs: sorted.length,
      result: results[i]!,
    };
  });
}
