/**
 * The lifecycle of a service: one run of a kernel module or of a supervised process. The states are those of Grafana dskit's
 * services (https://github.com/grafana/dskit/blob/main/services/service.go).
 *
 * ```
 *            start            started           stop             stopped
 *    new ────────▶ starting ────────▶ running ────────▶ stopping ────────▶ terminated
 *     │               │                  │                  │
 *     │ stop          ├── stop ──────────│────────▶ stopping│
 *     ▼               │ failed           │ failed           │ failed
 *  terminated         └──────────────────┴──────────────────┴────────────▶ failed
 * ```
 *
 * `terminated` and `failed` are final: a restart is a new service. A service fails when its start or stop returns an error, and
 * when it exits although no stop was requested. The error is its failure case. Pure: no clock, no I/O.
 */
export const SERVICE_STATES = ["new", "starting", "running", "stopping", "terminated", "failed"] as const;

export type ServiceState = (typeof SERVICE_STATES)[number];

export const SERVICE_EVENTS = ["start", "started", "stop", "stopped", "failed"] as const;

export type ServiceEvent = (typeof SERVICE_EVENTS)[number];

const TRANSITIONS = {
  new: { start: "starting", stop: "terminated" },
  starting: { started: "running", stop: "stopping", failed: "failed" },
  running: { stop: "stopping", failed: "failed" },
  stopping: { stopped: "terminated", failed: "failed" },
  terminated: {},
  failed: {},
} as const satisfies Record<ServiceState, Partial<Record<ServiceEvent, ServiceState>>>;

/** The state after `event`; undefined if `event` is illegal in `state`. */
export function nextState(state: ServiceState, event: ServiceEvent): ServiceState | undefined {
  const row: Partial<Record<ServiceEvent, ServiceState>> = TRANSITIONS[state];
  return row[event];
}

/** Whether `state` is final: no event changes it. */
export function isFinal(state: ServiceState): state is "terminated" | "failed" {
  return state === "terminated" || state === "failed";
}

/** The event for the exit of a process: `stopped` if a stop was requested before, `failed` otherwise. */
export function endOf(state: ServiceState): "stopped" | "failed" {
  return state === "stopping" ? "stopped" : "failed";
}

/** One change of a service's state. */
export interface Transition {
  readonly from: ServiceState;
  readonly to: ServiceState;
  /** The error that made the service fail; set if and only if `to` is `failed`. */
  readonly failureCase: string | undefined;
}

/** The state of one service, with listeners. It owns no resources: the owner of the service reports its events. */
export class ServiceLifecycle {
  #state: ServiceState = "new";
  #failureCase: string | undefined;
  readonly #listeners = new Set<(transition: Transition) => void>();

  get state(): ServiceState {
    return this.#state;
  }

  /** The error that made the service fail; undefined in every other state. */
  get failureCase(): string | undefined {
    return this.#failureCase;
  }

  /** Changes the state. Throws for a transition that the diagram does not have: a defect of the caller. */
  apply(event: Exclude<ServiceEvent, "failed">): void {
    this.#move(event, undefined);
  }

  /**
   * Moves to `failed`. Has no effect in a final state: the first failure case remains. Throws in `new`, where nothing runs that
   * could fail: a defect of the caller.
   */
  fail(failureCase: string): void {
    if (!isFinal(this.#state)) this.#move("failed", failureCase);
  }

  /** Calls `listener` after each transition. Returns a function that removes it. */
  listen(listener: (transition: Transition) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #move(event: ServiceEvent, failureCase: string | undefined): void {
    const from = this.#state;
    const to = nextState(from, event);
    if (to === undefined) throw new Error(`illegal transition of a service: ${event} in state ${from}`);
    this.#state = to;
    this.#failureCase = failureCase;
    for (const listener of [...this.#listeners]) listener({ from, to, failureCase });
  }
}
