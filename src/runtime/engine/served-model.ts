import type { Logger } from "pino";
import { messageOf } from "../../errors/thrown.js";
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

const RETRY_INTERVAL_MS = 30_000;
/** Interval at which a missing key of an upstream is looked up again. */
const KEY_LOOKUP_INTERVAL_MS = 2_000;
/** Failed starts of a child that was never ready, after which the simulator takes over. */
const MAX_START_FAILURES = 3;
/** Time for a replaced engine to complete its requests in flight. */
const DRAIN_TIMEOUT_MS = 60_000;
/** Steps of the download's progress that are logged. */
const PROGRESS_STEP_PERCENT = 5;

/** A child process and the reason for which it runs. */
interface Served {
  readonly child: SupervisedChild;
  readonly config: ChildConfig;
  readonly reason: string;
}

/** One model and the engines that serve it: executes the choice of its engine and follows the state of its processes. */
export class ServedModel {
  #targets: readonly Target[] = [];
  /** The chosen engine, and the simulator that serves while the chosen engine is not ready. */
  #chosen: Served | undefined;
  #substitute: Served | undefined;
  readonly #stopped = new AbortController();
  readonly #draining = new Set<SupervisedChild>();
  #reason = "selecting an engine";

  constructor(
    private readonly model: Model,
    private readonly secrets: Secrets,
    private readonly log: Logger,
    private readonly onChange: () => void,
  ) {}

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** Why it is served by its present engine, or not served. */
  get reason(): string {
    return this.#reason;
  }

  /** Chooses and starts the engine. A download, or the start of a process, continues after it has resolved. */
  async start(): Promise<void> {
    const { model } = this;
    if (model.upstreams.length > 0) {
      await this.#startUpstreams();
      return;
    }
    const choice = chooseEngine(model, await gatherFacts(model));
    if (this.#stopped.signal.aborted) return;
    this.#reason = choice.reason;
    this.log.info({ model: model.name, engine: choice.engine }, choice.reason);
    this.#execute(choice);
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error("stopping"));
    const children = [this.#chosen?.child, this.#substitute?.child, ...this.#draining];
    await Promise.all(children.map((child) => child?.stop()));
  }

  async #startUpstreams(): Promise<void> {
    const { targets, missing } = await upstreamTargets(this.model, this.secrets);
    if (missing !== undefined) {
      if (missing !== this.#reason) this.log.warn({ model: this.model.name }, missing);
      this.#reason = missing;
      this.#schedule(KEY_LOOKUP_INTERVAL_MS, () => this.#restart());
    }
    this.#set(targets);
  }

  #execute(choice: Choice): void {
    switch (choice.engine) {
      case "ollama":
        this.#set([ollamaTarget(this.model.name, choice.url, choice.upstreamModel, choice.reason)]);
        return;
      case "simulated":
        this.#chosen = this.#run(simulatedChild(this.model), choice.reason);
        return;
      case "none":
        this.log.warn({ model: this.model.name }, `${choice.reason}; retrying every ${RETRY_INTERVAL_MS / 1000} s`);
        this.#schedule(RETRY_INTERVAL_MS, () => this.#restart());
        return;
      case "llama.cpp":
        if ("file" in choice) this.#chosen = this.#run(llamaChild(this.model, choice.file), choice.reason);
        else {
          if (choice.meanwhile === "simulated") this.#substitute = this.#run(simulatedChild(this.model), choice.reason);
          void this.#fetch(choice.download);
        }
    }
  }

  /** Downloads the model's file, then starts llama.cpp, which takes over from the simulator. */
  async #fetch(url: string): Promise<void> {
    const { model } = this;
    const file = modelFile(model);
    if (file === undefined) return;
    let logged = -1;
    try {
      await download({
        url,
        file,
        sha256: model.source.kind === "huggingface" ? model.source.sha256 : undefined,
        signal: this.#stopped.signal,
        onProgress: ({ bytes, total }) => {
          const percent = total === undefined ? -1 : Math.floor((bytes / total) * 100);
          this.#reason = percent < 0 ? `downloading ${url}` : `downloading ${url}: ${percent} %`;
          if (percent < logged + PROGRESS_STEP_PERCENT) return;
          logged = percent;
          this.log.info({ model: model.name, bytes, total, percent }, "downloading the model's file");
          this.onChange();
        },
      });
      if (this.#stopped.signal.aborted) return;
      this.#chosen = this.#run(llamaChild(model, file), "llama.cpp: the model's file was downloaded");
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#reason = `cannot download the model's file: ${messageOf(error)}`;
      this.log.warn({ model: model.name }, this.#reason);
      this.#schedule(RETRY_INTERVAL_MS, () => void this.#fetch(url));
    }
  }

  #run(config: ChildConfig, reason: string): Served {
    const child = new SupervisedChild(config, this.log, () => this.#follow());
    return { child, config, reason };
  }

  /** Routes to the chosen engine if it is ready, else to the simulator if that is ready, else to none. */
  #follow(): void {
    const chosen = this.#chosen;
    const substitute = this.#substitute;
    if (chosen?.child.state.kind === "ready") {
      this.#routeTo(chosen, chosen.child.state.port);
      if (substitute !== undefined) this.#retire(substitute.child);
      this.#substitute = undefined;
      return;
    }
    if (chosen !== undefined && chosen.child.state.kind === "starting") {
      const { reason, failures } = chosen.child.state;
      this.#reason = reason ?? chosen.reason;
      if (
        failures >= MAX_START_FAILURES &&
        substitute === undefined &&
        this.model.simulated &&
        chosen.config.engine !== "simulated"
      ) {
        const why = `simulated: ${chosen.config.engine} does not start (${reason ?? "no reason given"})`;
        this.log.warn({ model: this.model.name }, why);
        this.#substitute = this.#run(simulatedChild(this.model), why);
      }
    }
    if (substitute?.child.state.kind === "ready") this.#routeTo(substitute, substitute.child.state.port);
    else this.#set([]);
  }

  #routeTo({ config, reason }: Served, port: number): void {
    this.#reason = reason;
    const { name } = this.model;
    this.#set([
      {
        id: `${name}-0`,
        model: name,
        url: `http://127.0.0.1:${port}`,
        upstreamModel: name,
        weight: 1,
        authorization: undefined,
        engine: config.engine,
        reason,
      },
    ]);
  }

  #retire(child: SupervisedChild): void {
    this.#draining.add(child);
    this.#schedule(DRAIN_TIMEOUT_MS, () => {
      this.#draining.delete(child);
      void child.stop();
    });
  }

  #restart(): void {
    this.start().catch((error: unknown) => {
      this.#reason = messageOf(error);
      this.log.error({ model: this.model.name, reason: this.#reason }, "cannot start the model's engine");
      this.#schedule(RETRY_INTERVAL_MS, () => this.#restart());
    });
  }

  #schedule(milliseconds: number, act: () => void): void {
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
