import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  /**
   * Counts from now on what the process itself does (memory, event loop). Not before the server listens: the observers this
   * starts go on to the end of the process, and a server that cannot listen is perhaps tried again in the same one.
   */
  watchProcess(): void;
  observe(method: string, route: string, status: number, seconds: number): void;
  /** Prometheus text. */
  text(): Promise<string>;
  dispose(): void;
}

/** @param waiting how many requests wait for a push now */
export function createMetrics(waiting: () => number): Metrics {
  const registry = new Registry();
  const requests = new Counter({
    name: 'shoebox_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'shoebox_request_seconds',
    help: 'Time to the head of the answer',
    labelNames: ['route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const waits = new Gauge({
    name: 'shoebox_waiting_requests',
    help: 'Long polls and event streams waiting',
    registers: [registry],
    collect() {
      waits.set(waiting());
    },
  });
  return {
    watchProcess: () => collectDefaultMetrics({ register: registry }),
    observe(method, route, status, duration) {
      requests.inc({ method, route, status });
      seconds.observe({ route }, duration);
    },
    text: () => registry.metrics(),
    dispose: () => registry.clear(),
  };
}
