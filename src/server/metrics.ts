import prometheus from 'prom-client';
import type { Recall } from '../engine/vector-engine.ts';

/** What is measured now, when it is asked for. */
export interface Readings {
  size(): Promise<number>;
  recall(): Promise<Recall | null>;
  running(): number;
  left(): number;
  heldBytes(): number;
}

export interface Metrics {
  /** @param seconds from the head of the request to the answer */
  observe(route: string, method: string, status: number, seconds: number): void;
  type: string;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

/** From a millisecond to the longest that a query may take. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counters of one server, and those of its process (memory, time of the CPU, delay of the event loop). */
export function createMetrics(readings: Readings): Metrics {
  const register = new prometheus.Registry();
  const registers = [register];
  prometheus.collectDefaultMetrics({ register });
  const requests = new prometheus.Counter({
    name: 'likeness_http_requests_total',
    help: 'Requests by route and status; 499 is a client that broke off',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new prometheus.Histogram({
    name: 'likeness_http_request_duration_seconds',
    help: 'From the head of a request to its answer',
    labelNames: ['route'],
    buckets,
    registers,
  });
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new prometheus.Gauge({
      name,
      help,
      registers,
      async collect() {
        // What cannot be read must not take the other figures along.
        this.set(await Promise.resolve(read()).catch(() => Number.NaN));
      },
    });
  };
  gauge('likeness_requests_running', 'Queries, pages and changes that are worked on', readings.running);
  gauge('likeness_requests_left', 'Work that goes on though nobody waits for it', readings.left);
  gauge('likeness_held_bytes', 'Bytes of bodies and of answers that were not taken yet', readings.heldBytes);
  gauge('likeness_index_pictures', 'Pictures in the index', readings.size);
  gauge('likeness_recall', 'Measured recall; 1 where answers are exact, NaN before it is known', async () => {
    const recall = await readings.recall();
    return recall ? recall.value : Number.NaN;
  });
  return {
    observe(route, method, status, seconds) {
      requests.inc({ route, method, status: String(status) });
      durations.observe({ route }, seconds);
    },
    type: register.contentType,
    text: () => register.metrics(),
  };
}
