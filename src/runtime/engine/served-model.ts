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

const retryChoice = 30_000;
/** A key that is missing is looked for at this interval. */
const keyLookup = 2_000;
/** A child that failed so often before it was ever ready is not going to be ready soon. */
const hopeless = 3;
/** What stood in has answers under way: it gets this long to finish them. */
const farewell = 60_000;

/** A child process and why it runs. */
interface Served {
  readonly child: SupervisedChild;
  readonly config: ChildConfig;
  readonly reason: string;
}

/** One model and what serves it now: carries out the choice of its engine, and follows what becomes of it. */
export class ServedModel {
  #targets: readonly Target[] = [];
  /** The engine that was chosen, and the simulator while that one cannot answer (yet). */
  #chosen: Served | undefined;
  #standIn: Served | undefined;
  readonly #stopped = new AbortController();
  readonly #leaving = new Set<SupervisedChild>();
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
      await this.#callUpstreams();
      return;
    }
    const choice = chooseEngine(model, await gatherFacts(model));
    if (this.#stopped.signal.aborted) return;
    this.#reason = choice.reason;
    this.log.info({ model: model.name, engine: choice.engine }, choice.reason);
    this.#carryOut(choice);
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error("stopping"));
    const children = [this.#chosen?.child, this.#standIn?.child, ...this.#leaving];
    await Promise.all(children.map((child) => child?.stop()));
  }

  async #callUpstreams(): Promise<void> {
    const { targets, missing } = await upstreamTargets(this.model, this.secrets);
    if (missing !== undefined) {
      if (missing !== this.#reason) this.log.warn({ model: this.model.name }, missing);
      this.#reason = missing;
      this.#later(keyLookup, () => this.#startAgain());
    }
    this.#set(targets);
  }

  #carryOut(choice: Choice): void {
    switch (choice.engine) {
      case "ollama":
        this.#set([ollamaTarget(this.model.name, choice.url, choice.upstreamModel, choice.reason)]);
        return;
      case "simulated":
        this.#chosen = this.#run(simulatedChild(this.model), choice.reason);
        return;
      case "none":
        this.log.warn({ model: this.model.name }, `${choice.reason}; it is tried again every ${retryChoice / 1000} s`);
        this.#later(retryChoice, () => this.#startAgain());
        return;
      case "llama.cpp":
        if ("file" in choice) this.#chosen = this.#run(llamaChild(this.model, choice.file), choice.reason);
        else {
          if (choice.meanwhile === "simulated") this.#standIn = this.#run(simulatedChild(this.model), choice.reason);
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
          if (percent < told + 5) return;
          told = percent;
          this.log.info({ model: model.name, bytes, total, percent }, "downloading the model's file");
          this.onChange();
        },
      });
      if (this.#stopped.signal.aborted) return;
      this.#chosen = this.#run(llamaChild(model, file), "llama.cpp: the model's file was downloaded");
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#reason = `the model's file could not be downloaded: ${messageOf(error)}`;
      this.log.warn({ model: model.name }, this.#reason);
      this.#later(retryChoice, () => void this.#fetch(url));
    }
  }

  #run(config: ChildConfig, reason: string): Served {
    const child = new SupervisedChild(config, this.log, () => this.#follow());
    return { child, config, reason };
  }

  /** Decides who answers now: the chosen engine when it can, else who stands in, else nobody. */
  #follow(): void {
    const chosen = this.#chosen;
    const standIn = this.#standIn;
    if (chosen?.child.state.kind === "ready") {
      this.#answerBy(chosen, chosen.child.state.port);
      if (standIn !== undefined) this.#dismiss(standIn.child);
      this.#standIn = undefined;
      return;
    }
    if (chosen !== undefined && chosen.child.state.kind === "starting") {
      const { reason, failures } = chosen.child.state;
      this.#reason = reason ?? chosen.reason;
      if (
        failures >= hopeless &&
        standIn === undefined &&
        this.model.simulated &&
        chosen.config.engine !== "simulated"
      ) {
        const why = `simulated: ${chosen.config.engine} does not start (${reason ?? "no reason given"})`;
        this.log.warn({ model: this.model.name }, why);
        this.#standIn = this.#run(simulatedChild(this.model), why);
      }
    }
    if (standIn?.child.state.kind === "ready") this.#answerBy(standIn, standIn.child.state.port);
    else this.#set([]);
  }

  #answerBy({ config, reason }: Served, port: number): void {
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

  #dismiss(child: SupervisedChild): void {
    this.#leaving.add(child);
    this.#later(farewell, () => {
      this.#leaving.delete(child);
      void child.stop();
    });
  }

  #startAgain(): void {
    this.start().catch((error: unknown) => {
      this.#reason = messageOf(error);
      this.log.error({ model: this.model.name, reason: this.#reason }, "the model's engine could not be started");
      this.#later(retryChoice, () => this.#startAgain());
    });
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
