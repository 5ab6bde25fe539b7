import type { Logger } from "pino";
import type { Model } from "../../plan/plan.js";
import type { Secrets } from "../kernel/module.js";
import type { ChildConfig } from "./child/protocol.js";
import { type Choice, chooseEngine } from "./choose.js";
import type { Target } from "./client.js";
import { download } from "./download.js";
import { llamaChild } from "./engines/llama-cpp.js";
import { ollamaTarget } from "./engines/ollama.js";
import { simulatedChild } from "./engines/simulated.js";
import { upstreamTargets } from "./engines/upstream.js";
import { gatherFacts, modelFile } from "./facts.js";
import { SupervisedChild } from "./supervise.js";

const retryChoice = 30_000;

/** One model and what serves it now: carries out the choice of its engine, and follows what becomes of it. */
export class ServedModel {
  #targets: readonly Target[] = [];
  #children: SupervisedChild[] = [];
  readonly #stopped = new AbortController();
  #reason = "its engine is being chosen";

  constructor(
    private readonly model: Model,
    private readonly secrets: Secrets,
    private readonly log: Logger,
    private readonly onChange: () => void,
  ) {}

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** Why it is served as it is, or is not. */
  get reason(): string {
    return this.#reason;
  }

  /** Chooses and starts; what takes long (a download, a child's start) goes on after it has resolved. */
  async start(): Promise<void> {
    const { model } = this;
    if (model.upstreams.length > 0) {
      this.#set(await upstreamTargets(model, this.secrets));
      return;
    }
    const choice = chooseEngine(model, await gatherFacts(model));
    this.#reason = choice.reason;
    this.log.info({ model: model.name, engine: choice.engine }, choice.reason);
    this.#carryOut(choice);
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error("stopping"));
    await Promise.all(this.#children.map((child) => child.stop()));
  }

  #carryOut(choice: Choice): void {
    switch (choice.engine) {
      case "ollama":
        this.#set([ollamaTarget(this.model.name, choice.url, choice.upstreamModel, choice.reason)]);
        return;
      case "simulated":
        this.#run(simulatedChild(this.model), choice.reason);
        return;
      case "none":
        this.log.warn({ model: this.model.name }, `${choice.reason}; it is tried again every ${retryChoice / 1000} s`);
        this.#later(retryChoice, () => void this.start().catch((error: unknown) => this.#failed(error)));
        return;
      case "llama.cpp":
        if ("file" in choice) this.#run(llamaChild(this.model, choice.file), choice.reason);
        else {
          if (choice.meanwhile === "simulated") this.#run(simulatedChild(this.model), choice.reason);
          void this.#fetch(choice.download);
        }
    }
  }

  /** Downloads the model's file, then lets llama.cpp take over from what stood in. */
  async #fetch(url: string): Promise<void> {
    const { model } = this;
    const file = modelFile(model);
    if (file === undefined) return;
    let told = -1;
    try {
      await download({
        url,
        file,
        sha256: model.source.kind === "huggingface" ? model.source.sha256 : undefined,
        signal: this.#stopped.signal,
        onProgress: ({ bytes, total }) => {
          const percent = total === undefined ? -1 : Math.floor((bytes / total) * 100);
          this.#reason = percent < 0 ? `downloading ${url}` : `downloading ${url}: ${percent} %`;
          if (percent >= told + 5) {
            told = percent;
            this.log.info({ model: model.name, bytes, total, percent }, "downloading the model's file");
          }
        },
      });
      this.#run(llamaChild(model, file), "llama.cpp: the model's file was downloaded");
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#reason = `the model's file could not be downloaded: ${error instanceof Error ? error.message : String(error)}`;
      this.log.warn({ model: model.name }, this.#reason);
      if (this.#children.length === 0) this.#later(retryChoice, () => void this.#fetch(url));
    }
  }

  /** Runs a child; once it is ready it takes over from those before it. */
  #run(config: ChildConfig, reason: string): void {
    const before = this.#children;
    const child = new SupervisedChild(config, this.log, (state) => {
      if (!this.#children.includes(child)) return;
      if (state.kind === "ready") {
        this.#reason = reason;
        this.#set([
          {
            id: `${this.model.name}-0`,
            model: this.model.name,
            url: `http://127.0.0.1:${state.port}`,
            upstreamModel: this.model.name,
            weight: 1,
            authorization: undefined,
            engine: config.engine,
            reason,
          },
        ]);
        this.#retire(before);
      } else if (this.#children.at(-1) === child && !before.some(({ state: other }) => other.kind === "ready")) {
        this.#reason = state.reason ?? reason;
        this.#set([]);
      }
    });
    this.#children = [...before, child];
  }

  /** Those before have answers under way: they get time to finish them. */
  #retire(children: readonly SupervisedChild[]): void {
    if (children.length === 0) return;
    this.#children = this.#children.filter((child) => !children.includes(child));
    this.#later(60_000, () => {
      for (const child of children) void child.stop();
    });
    this.#stopped.signal.addEventListener("abort", () => {
      for (const child of children) void child.stop();
    });
  }

  #failed(error: unknown): void {
    this.#reason = error instanceof Error ? error.message : String(error);
    this.log.error({ model: this.model.name, reason: this.#reason }, "the model's engine could not be started");
    this.#later(retryChoice, () => void this.start().catch((again: unknown) => this.#failed(again)));
  }

  #later(milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      if (!this.#stopped.signal.aborted) act();
    }, milliseconds);
    timer.unref();
  }

  #set(targets: readonly Target[]): void {
    this.#targets = targets;
    this.onChange();
  }
}
