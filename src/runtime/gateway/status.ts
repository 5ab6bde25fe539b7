import type { ModelStatus } from "../../contracts/models.js";
import type { Engine } from "../engine/client.js";
import type { ModelRoute } from "./routing/model-route.js";
import type { Router } from "./routing/router.js";

const SAMPLE_INTERVAL_MS = 1_000;
const MAX_SAMPLES = 10;

interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly requests: number;
  readonly tokens: number;
}

/** Samples the routes once a second, to compute rates over the last ten seconds. */
export class StatusBoard {
  readonly #samples = new Map<ModelRoute, Sample[]>();
  readonly #seen = new Set<ModelRoute>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly router: Router,
    private readonly engine: Engine,
  ) {
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  models(): readonly ModelStatus[] {
    return [...this.router.routes].map((route) => this.#status(route));
  }

  #status(route: ModelRoute): ModelStatus {
    const now = Date.now();
    const [first] = route.targets;
    if (first !== undefined) this.#seen.add(route);
    const { requests, tokens } = this.#rates(route, now);
    return {
      name: route.model.name,
      embeddings: route.model.embeddings,
      engine: first?.target.engine ?? route.model.engine,
      reason: first?.target.reason ?? this.engine.reason(route.model.name) ?? "no server of the model is reachable",
      state: route.available(now) ? "ready" : this.#seen.has(route) ? "down" : "starting",
      targets: route.targets.map(({ target, ejectedUntil, inFlight, health }) => ({
        id: target.id,
        engine: target.engine,
        state: ejectedUntil > now ? "ejected" : "ready",
        inFlight,
        ewmaMs: Math.round(health.durationMs * 10) / 10,
        errors: health.errors,
      })),
      queue: { waiting: route.waiting, limit: route.model.queue.length },
      requestsPerSecond: requests,
      tokensPerSecond: tokens,
    };
  }

  #rates(route: ModelRoute, now: number): { readonly requests: number; readonly tokens: number } {
    const oldest = this.#samples.get(route)?.[0];
    if (oldest === undefined) return { requests: 0, tokens: 0 };
    const seconds = Math.max(0.001, (now - oldest.at) / 1000);
    const perSecond = (count: number): number => Math.round((count / seconds) * 10) / 10;
    return { requests: perSecond(route.requests - oldest.requests), tokens: perSecond(route.tokens - oldest.tokens) };
  }

  #sample(): void {
    const at = Date.now();
    for (const route of this.router.routes) {
      if (route.targets.length > 0) this.#seen.add(route);
      const samples = this.#samples.get(route) ?? [];
      samples.push({ at, requests: route.requests, tokens: route.tokens });
      if (samples.length > MAX_SAMPLES) samples.shift();
      this.#samples.set(route, samples);
    }
  }
}
