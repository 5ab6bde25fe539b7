import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import {
  DURATION_BUCKETS_SECONDS,
  GEN_AI_ATTRIBUTES,
  GEN_AI_OPERATIONS,
  GEN_AI_PROVIDER,
  prometheusMetric,
  prometheusName,
} from "../../contracts/gen-ai.js";
import type { Keys } from "./keys.js";
import type { OperationName } from "./operations.js";
import type { Router } from "./routing/router.js";
import type { Journal } from "./usage/journal.js";

const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144];

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: Float64Array;
  sum: number;
  count: number;
}

/** Observations of one set of labels. `observe` does no look-up, because every request calls it. */
export interface Observer {
  observe(value: number): void;
}

/** A histogram whose series are looked up once and not at every observation. */
class Distribution extends Histogram<string> {
  readonly #series: Series[] = [];
  /** Contains no values: provides the name, help and type of the metric. */
  readonly #frame: Histogram<string>;

  constructor(
    private readonly title: string,
    about: string,
    private readonly bounds: readonly number[],
    registry: Registry,
  ) {
    super({ name: title, help: about, buckets: [...bounds], registers: [registry] });
    this.#frame = new Histogram({ name: title, help: about, registers: [] });
  }

  series(labels: Readonly<Record<string, string>>): Observer {
    const { bounds } = this;
    const series: Series = { labels, counts: new Float64Array(bounds.length), sum: 0, count: 0 };
    this.#series.push(series);
    return {
      observe(value) {
        let bucket = 0;
        while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
        if (bucket < bounds.length) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
        series.sum += value;
        series.count += 1;
      },
    };
  }

  /** Called by the registry for the text format. */
  getForPromString(): ReturnType<Histogram<string>["get"]> {
    return this.get();
  }

  override async get(): ReturnType<Histogram<string>["get"]> {
    const values = this.#series.flatMap(({ labels, counts, sum, count }) => {
      let upTo = 0;
      const buckets = this.bounds.map((le, index) => {
        upTo += counts[index] ?? 0;
        return { labels: { ...labels, le }, value: upTo, metricName: `${this.title}_bucket` };
      });
      return [
        ...buckets,
        { labels: { ...labels, le: "+Inf" }, value: count, metricName: `${this.title}_bucket` },
        { labels: { ...labels }, value: sum, metricName: `${this.title}_sum` },
        { labels: { ...labels }, value: count, metricName: `${this.title}_count` },
      ];
    });
    return { ...(await this.#frame.get()), values };
  }
}

/** The observations of one model and operation. */
export interface CallMetrics {
  readonly input: Observer;
  readonly output: Observer;
  /** Durations in seconds; `firstContent` is 0 if no model generated anything. */
  completed(status: number, duration: number, firstContent: number): void;
}

/** Names of requests and tokens follow OpenTelemetry's conventions for generative AI, as Prometheus spells them. */
export class GatewayMetrics {
  readonly refused = new Map<string, number>();
  retries = 0;
  fallbacks = 0;
  clientsLeft = 0;
  readonly #calls = new Map<string, CallMetrics>();
  readonly #completed: {
    readonly model: string;
    readonly operation: string;
    readonly statuses: Map<number, number>;
  }[] = [];
  readonly #duration: Distribution;
  readonly #firstToken: Distribution;
  readonly #tokens: Distribution;

  constructor(registry: Registry) {
    this.#duration = new Distribution(
      prometheusMetric("requestDuration"),
      "Time from the request to the last byte of its response.",
      DURATION_BUCKETS_SECONDS,
      registry,
    );
    this.#firstToken = new Distribution(
      prometheusMetric("timeToFirstToken"),
      "Time from the request to the first output of the model.",
      DURATION_BUCKETS_SECONDS,
      registry,
    );
    this.#tokens = new Distribution(
      prometheusMetric("tokenUsage"),
      "Tokens of a request (input) and of its response (output).",
      TOKEN_BUCKETS,
      registry,
    );
    this.#counters(registry);
  }

  call(model: string, operation: OperationName): CallMetrics {
    const key = `${operation} ${model}`;
    const existing = this.#calls.get(key);
    if (existing !== undefined) return existing;
    const labels = {
      [prometheusName(GEN_AI_ATTRIBUTES.requestModel)]: model,
      [prometheusName(GEN_AI_ATTRIBUTES.operation)]: GEN_AI_OPERATIONS[operation],
      [prometheusName(GEN_AI_ATTRIBUTES.provider)]: GEN_AI_PROVIDER,
    };
    const tokenType = prometheusName(GEN_AI_ATTRIBUTES.tokenType);
    const statuses = new Map<number, number>();
    const duration = this.#duration.series(labels);
    const firstToken = this.#firstToken.series(labels);
    const metrics: CallMetrics = {
      input: this.#tokens.series({ ...labels, [tokenType]: "input" }),
      output: this.#tokens.series({ ...labels, [tokenType]: "output" }),
      completed(status, seconds, firstContent) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        duration.observe(seconds);
        if (firstContent > 0) firstToken.observe(firstContent);
      },
    };
    this.#calls.set(key, metrics);
    this.#completed.push({ model, operation, statuses });
    return metrics;
  }

  refuse(code: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }

  #counters(registry: Registry): void {
    const registers = [registry];
    const completed = this.#completed;
    new Counter({
      name: "keelson_gateway_requests_total",
      help: "Requests that reached a model, by the status of the response (499: the client disconnected).",
      labelNames: ["model", "operation", "status"],
      registers,
      collect() {
        this.reset();
        for (const { model, operation, statuses } of completed) {
          for (const [status, count] of statuses) this.inc({ model, operation, status: String(status) }, count);
        }
      },
    });
    const { refused } = this;
    new Counter({
      name: "keelson_gateway_refused_total",
      help: "Requests refused before they reached a model, by error code.",
      labelNames: ["code"],
      registers,
      collect() {
        this.reset();
        for (const [code, count] of refused) this.inc({ code }, count);
      },
    });
    total(registers, "keelson_gateway_retries_total", "Retries of requests at an upstream.", () => this.retries);
    total(
      registers,
      "keelson_gateway_fallbacks_total",
      "Requests that switched to a fallback model.",
      () => this.fallbacks,
    );
    total(
      registers,
      "keelson_gateway_clients_left_total",
      "Clients that disconnected before their response was complete.",
      () => this.clientsLeft,
    );
  }

  /** Gauges of the gateway's parts, read on each scrape. */
  watch(registry: Registry, router: Router, journal: Journal, keys: Keys, heldBytes: () => number): void {
    const registers = [registry];
    new Gauge({
      name: "keelson_gateway_queue_waiting",
      help: "Requests in the queue of a model.",
      labelNames: ["model"],
      registers,
      collect() {
        for (const route of router.routes) this.set({ model: route.model.name }, route.waiting);
      },
    });
    new Gauge({
      name: "keelson_gateway_target_in_flight",
      help: "Requests in flight at an upstream.",
      labelNames: ["model", "target"],
      registers,
      collect() {
        this.reset();
        for (const route of router.routes) {
          for (const { target, inFlight } of route.targets)
            this.set({ model: route.model.name, target: target.id }, inFlight);
        }
      },
    });
    new Gauge({
      name: "keelson_gateway_target_up",
      help: "1 while an upstream receives requests, 0 while it is ejected because it failed.",
      labelNames: ["model", "target"],
      registers,
      collect() {
        this.reset();
        const now = Date.now();
        for (const route of router.routes) {
          for (const { target, ejectedUntil } of route.targets) {
            this.set({ model: route.model.name, target: target.id }, ejectedUntil <= now ? 1 : 0);
          }
        }
      },
    });
    new Gauge({
      name: "keelson_gateway_target_limit",
      help: "Maximum number of requests in flight at an upstream; requests above it wait in the queue of the model.",
      labelNames: ["model", "target"],
      registers,
      collect() {
        this.reset();
        for (const route of router.routes) {
          for (const { target, limit } of route.targets)
            this.set({ model: route.model.name, target: target.id }, limit);
        }
      },
    });
    level(registers, "keelson_gateway_known_keys", "API keys in the cache.", () => keys.size);
    level(registers, "keelson_gateway_held_body_bytes", "Bytes of request bodies in memory.", heldBytes);
    level(
      registers,
      "keelson_usage_unpublished_events",
      "Settled usage events on this disk that the ledger has not acknowledged.",
      () => journal.backlog.events,
    );
    level(registers, "keelson_usage_open_intents", "Requests whose usage is not settled.", () => journal.backlog.open);
    total(
      registers,
      "keelson_usage_log_unsynced_total",
      "Writes of the usage journal that did not wait for a stalled disk.",
      () => journal.unsynced,
    );
    level(
      registers,
      "keelson_usage_log_failing",
      "1 while the usage journal cannot be written and requests are refused.",
      () => (journal.failing === undefined ? 0 : 1),
    );
  }
}

function total(registers: Registry[], name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function level(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}
