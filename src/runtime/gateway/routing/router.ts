import type { Model } from "../../../plan/plan.js";
import type { Engine } from "../../engine/client.js";
import { ModelRoute } from "./model-route.js";

/** How often queues are checked for deadlines and ended ejections. */
const TICK_MS = 50;

/** The routes of all models of the plan, updated with the targets that the engines report. */
export class Router {
  readonly #routes: ReadonlyMap<string, ModelRoute>;
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(
    models: readonly Model[],
    private readonly engine: Engine,
  ) {
    this.#routes = new Map(models.map((model) => [model.name, new ModelRoute(model)]));
    this.#update();
    this.#unwatch = engine.watch(() => this.#update());
    this.#timer = setInterval(() => {
      const now = Date.now();
      for (const route of this.#routes.values()) route.tick(now);
    }, TICK_MS);
    this.#timer.unref();
  }

  route(model: string): ModelRoute | undefined {
    return this.#routes.get(model);
  }

  /** The model that a client means: Ollama's clients may send `name:latest` for `name`, in both APIs. */
  modelNamed(name: string): string {
    return this.route(name) === undefined && name.endsWith(":latest") ? name.slice(0, -":latest".length) : name;
  }

  get routes(): Iterable<ModelRoute> {
    return this.#routes.values();
  }

  close(): void {
    this.#unwatch();
    clearInterval(this.#timer);
    for (const route of this.#routes.values()) route.close();
  }

  #update(): void {
    const now = Date.now();
    const targets = this.engine.targets();
    for (const route of this.#routes.values()) {
      route.update(
        targets.filter(({ model }) => model === route.model.name),
        now,
        this.engine.failure(route.model.name),
      );
    }
  }
}
