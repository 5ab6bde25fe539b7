import type { Logger } from "pino";
import { messageOf } from "../../errors/thrown.js";
import type { Model } from "../../plan/plan.js";
import type { Watch } from "../../promises/facts/supervisor.js";
import type { Secrets } from "../kernel/module.js";
import type { ChildConfig } from "./child/protocol.js";
import { type Choice, chooseEngine } from "./choose.js";
import type { Target } from "./client.js";
import { llamaChild } from "./engines/llama-cpp.js";
import { foreignUser, ollamaTarget } from "./engines/ollama.js";
import { simulatedChild } from "./engines/simulated.js";
import { upstreamTargets } from "./engines/upstream.js";
import { gatherFacts } from "./facts.js";
import type { EngineSockets } from "./sockets.js";
import { type ChildState, SupervisedChild } from "./supervise.js";
import type { DownloadedSource } from "./weights/cache.js";
import type { Progress } from "./weights/http.js";
import { fetchWeights } from "./weights/sources.js";

/** Interval at which a better engine is looked for while none, or the simulator instead of one, serves the model. */
const FIRST_RETRY_INTERVAL_MS = 30_000;
const MAX_RETRY_INTERVAL_MS = 600_000;
/** Interval at which a missing key of an upstream is looked up again. */
const KEY_LOOKUP_INTERVAL_MS = 2_000;
/** Interval at which the user is checked whose process listens at Ollama's address. */
const OLLAMA_CHECK_INTERVAL_MS = 1_000;
/** Failed starts of a child that was never ready, after which another source or the simulator takes over. */
const MAX_START_FAILURES = 3;
/** Time for a replaced engine to complete its requests in flight. */
const DRAIN_TIMEOUT_MS = 60_000;
/**
 * A download has this time before the simulator serves: less than the default deadline of a request in the queue, so that a
 * client that calls at once is answered by the model itself if that arrives soon.
 */
const SIMULATED_AFTER_MS = 25_000;
/** Steps of the download's progress that are logged. */
const PROGRESS_STEP_PERCENT = 5;

/** A child process and the reason for which it runs. */
interface Served {
  readonly child: SupervisedChild;
  readonly config: ChildConfig;
  reason: string;
}

/** One model and the engines that serve it: executes the choice of its engine and follows the state of its processes. */
export class ServedModel {
  #targets: readonly Target[] = [];
  /** The chosen engine, and the simulator that serves while the chosen engine is not ready. */
  #chosen: Served | undefined;
  #substitute: Served | undefined;
  readonly #stopped = new AbortController();
  readonly #draining = new Set<SupervisedChild>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #reason = "selecting an engine";
  #failure: string | undefined;
  /** Sources whose download or load has failed, until the next retry. */
  readonly #failedSources = new Map<string, string>();
  #retries = 0;

  constructor(
    private readonly model: Model,
    /** The liveness probe of its engine. */
    private readonly watch: Watch,
    private readonly sockets: EngineSockets,
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

  /** Why the model has no server, if none is being started either: a request would wait until its deadline for nothing. */
  get failure(): string | undefined {
    return this.#targets.length === 0 ? this.#failure : undefined;
  }

  /** Begins to choose and start the engine. What takes longer (a network, a download, a process) continues after it has resolved. */
  async start(): Promise<void> {
    if (this.model.upstreams.length > 0) await this.#startUpstreams();
    else void this.#select();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error("stopping"));
    for (const timer of this.#timers) clearTimeout(timer);
    const children = [this.#chosen?.child, this.#substitute?.child, ...this.#draining];
    await Promise.all(children.map((child) => child?.stop()));
  }

  async #startUpstreams(): Promise<void> {
    try {
      const { targets, missing } = await upstreamTargets(this.model, this.secrets);
      if (this.#stopped.signal.aborted) return;
      if (missing !== undefined && missing !== this.#reason) this.log.warn({ model: this.model.name }, missing);
      if (missing !== undefined) this.#reason = missing;
      this.#failure = missing;
      this.#set(targets);
      if (missing === undefined) return;
    } catch (error) {
      this.#fail(`cannot read the keys of the upstreams: ${messageOf(error)}`);
    }
    this.#schedule(KEY_LOOKUP_INTERVAL_MS, () => void this.#startUpstreams());
  }

  async #select(): Promise<void> {
    const { model } = this;
    try {
      const choice = chooseEngine(model, await gatherFacts(model, this.#failedSources));
      if (this.#stopped.signal.aborted) return;
      if (choice.reason !== this.#reason) this.log.info({ model: model.name, engine: choice.engine }, choice.reason);
      this.#reason = choice.reason;
      this.#execute(choice);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#fail(messageOf(error));
      this.#retryLater();
    }
  }

  #execute(choice: Choice): void {
    const { model } = this;
    switch (choice.engine) {
      case "ollama":
        this.#retireSubstitute();
        this.#set([ollamaTarget(model.name, choice.url, choice.upstreamModel, choice.reason)]);
        this.#watchOllama(choice.url);
        return;
      case "simulated":
        if (choice.final) this.#chosen = this.#run(simulatedChild(model, "declared"), choice.reason);
        else {
          this.#simulate(choice.reason);
          this.#retryLater();
        }
        return;
      case "none":
        this.#fail(choice.reason);
        this.#retryLater();
        return;
      case "llama.cpp":
        if ("file" in choice) this.#chosen = this.#run(llamaChild(model, choice.from, choice.file), choice.reason);
        else {
          if (choice.meanwhile === "simulated")
            this.#schedule(SIMULATED_AFTER_MS, () => {
              // A source that has failed meanwhile has chosen again.
              if (this.#chosen === undefined) this.#simulate(`simulated until ${choice.download.from} is downloaded`);
            });
          void this.#fetch(choice.download, choice.afterwards);
        }
    }
  }

  /** Ollama may stop, and another user of the machine listen at its address. */
  #watchOllama(url: string): void {
    this.#schedule(OLLAMA_CHECK_INTERVAL_MS, () => {
      void foreignUser(url).then((why) => {
        if (why === undefined) return this.#watchOllama(url);
        this.log.warn({ model: this.model.name }, why);
        this.#set([]);
        return this.#select();
      });
    });
  }

  /** Downloads the model's weights, then starts llama.cpp, which takes over from the simulator. Another source follows a failed one. */
  async #fetch(source: DownloadedSource, afterwards: string): Promise<void> {
    const { model } = this;
    try {
      const file = await fetchWeights(source, this.#stopped.signal, (progress) => this.#report(source.from, progress));
      if (this.#stopped.signal.aborted) return;
      this.#chosen = this.#run(llamaChild(model, source.from, file), afterwards);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#skip(source.from, `the download failed: ${messageOf(error)}`);
    }
  }

  #reported = -1;

  #report(from: string, { bytes, total }: Progress): void {
    const megabytes = (count: number): string => (count / 1e6).toFixed(1);
    const percent = total === undefined ? 0 : Math.min(100, Math.floor((bytes / total) * 100));
    const step = total === undefined ? Math.floor(bytes / 1e7) : Math.floor(percent / PROGRESS_STEP_PERCENT);
    if (step === this.#reported) return;
    this.#reported = step;
    const much = total === undefined ? `${megabytes(bytes)} MB` : `${percent} % of ${megabytes(total)} MB`;
    const progress = `downloading ${from}: ${much}`;
    this.log.info({ model: this.model.name, bytes, total }, progress);
    this.#reason = this.#substitute === undefined ? progress : `simulated while ${progress}`;
    if (this.#substitute !== undefined) this.#substitute.reason = this.#reason;
    this.#follow();
  }

  /** Chooses again without a source that has failed. */
  #skip(from: string, why: string): void {
    this.log.warn({ model: this.model.name, source: from }, why);
    this.#failedSources.set(from, why);
    void this.#select();
  }

  #retryLater(): void {
    const delay = Math.min(MAX_RETRY_INTERVAL_MS, FIRST_RETRY_INTERVAL_MS * 2 ** this.#retries);
    this.#retries += 1;
    this.#schedule(delay, () => {
      this.#failedSources.clear();
      void this.#select();
    });
  }

  #simulate(reason: string): void {
    this.#substitute ??= this.#run(simulatedChild(this.model, "substitute"), reason);
    this.#substitute.reason = reason;
    this.#follow();
  }

  #run(config: ChildConfig, reason: string): Served {
    const child = new SupervisedChild(config, this.sockets.next(), this.watch, this.log, () => this.#follow());
    return { child, config, reason };
  }

  /** Routes to the chosen engine if it is ready, else to the simulator if that is ready, else to none. */
  #follow(): void {
    const chosen = this.#chosen;
    const substitute = this.#substitute;
    if (chosen?.child.state.kind === "ready") {
      this.#routeTo(chosen, chosen.child.state);
      this.#retries = 0;
      this.#retireSubstitute();
      return;
    }
    if (chosen?.child.state.kind === "starting" && this.#hasFailed(chosen, chosen.child.state)) return;
    if (substitute?.child.state.kind === "ready") this.#routeTo(substitute, substitute.child.state);
    else this.#set([]);
  }

  /** Follows the start of the chosen child; true if it was given up for another source or the simulator. */
  #hasFailed(chosen: Served, { reason, failedStarts, explained }: Extract<ChildState, { kind: "starting" }>): boolean {
    this.#reason = reason ?? chosen.reason;
    // A crash may not recur; what the child itself reports (a damaged file) will.
    if (chosen.config.engine === "simulated" || !(explained || failedStarts >= MAX_START_FAILURES)) return false;
    this.#chosen = undefined;
    void chosen.child.stop();
    this.#skip(chosen.config.source, `llama.cpp does not start (${reason ?? "no reason given"})`);
    return true;
  }

  #routeTo({ config, reason }: Served, { url }: Extract<ChildState, { kind: "ready" }>): void {
    this.#reason = reason;
    this.#failure = undefined;
    const { name } = this.model;
    this.#set([
      {
        id: `${name}-0`,
        model: name,
        url,
        upstreamModel: name,
        weight: 1,
        authorization: undefined,
        engine: config.engine,
        reason,
      },
    ]);
  }

  #retireSubstitute(): void {
    const child = this.#substitute?.child;
    this.#substitute = undefined;
    if (child === undefined) return;
    this.#draining.add(child);
    this.#schedule(DRAIN_TIMEOUT_MS, () => {
      this.#draining.delete(child);
      void child.stop();
    });
  }

  #fail(reason: string): void {
    this.#reason = reason;
    this.#failure = reason;
    this.log.warn({ model: this.model.name }, reason);
    this.#follow();
  }

  #schedule(milliseconds: number, act: () => void): void {
    if (this.#stopped.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds);
    this.#timers.add(timer);
    timer.unref();
  }

  #set(targets: readonly Target[]): void {
    this.#targets = targets;
    this.onChange();
  }
}
