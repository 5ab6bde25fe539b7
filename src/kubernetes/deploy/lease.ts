import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { KubernetesClient } from "../client.js";
import { KubernetesError } from "../errors.js";
import type { LiveObject } from "../live-object.js";

/** The Lease of a namespace that serialises its deploys. */
const LEASE_NAME = "keelson-deploy";
/** Kinds of the objects that deploy has applied, so that the next deploy finds what to prune without listing all kinds. */
const KINDS_ANNOTATION = "keelson.dev/deployed-kinds";

/** Durations of a lease; another deploy takes it over when its holder has not renewed it for `durationSeconds`. */
export interface LeaseTimes {
  readonly durationSeconds: number;
  readonly renewMs: number;
  readonly pollMs: number;
}

/** The lease duration of client-go's leader election, 15 s, with three renewals in it. */
const DEFAULT_TIMES: LeaseTimes = { durationSeconds: 15, renewMs: 4000, pollMs: 1000 };

const Lease = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z
    .looseObject({
      holderIdentity: z.string().default(""),
      leaseDurationSeconds: z.number().default(DEFAULT_TIMES.durationSeconds),
      acquireTime: z.string().optional(),
      renewTime: z.string().optional(),
    })
    .prefault({}),
});

export interface LeaseOptions {
  readonly namespace: string;
  /** Unique; messages show it to the deploys that wait: `ana@laptop (pid 4711, a1b2)`. */
  readonly holder: string;
  /** How long to wait for another deploy. */
  readonly waitMs: number;
  /** Called once for each holder that is waited for. */
  readonly waiting: (message: string) => void;
  /** Ends the wait; `acquire` then throws its reason. */
  readonly signal: AbortSignal;
  readonly times?: LeaseTimes;
}

/** The right to deploy to one namespace, renewed until it is released. */
export class DeployLease {
  readonly #client: KubernetesClient;
  readonly #options: LeaseOptions;
  readonly #times: LeaseTimes;
  readonly #stop = new AbortController();
  #acquiredAt = "";
  #kinds: readonly string[] | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #validUntil = 0;
  #lost: string | undefined;

  private constructor(client: KubernetesClient, options: LeaseOptions) {
    this.#client = client;
    this.#options = options;
    this.#times = options.times ?? DEFAULT_TIMES;
  }

  /**
   * Waits until no other deploy holds the lease, and takes it.
   *
   * @throws KeelsonError `deploy/locked` if another deploy still holds it after `waitMs`.
   */
  static async acquire(client: KubernetesClient, options: LeaseOptions): Promise<DeployLease> {
    const lease = new DeployLease(client, options);
    await lease.#acquire();
    lease.#renewing = lease.#renew();
    return lease;
  }

  /** The recorded kinds, as `apps/v1/Deployment`; undefined before the first record. */
  get deployedKinds(): readonly string[] | undefined {
    return this.#kinds;
  }

  /**
   * Must be called before each write.
   *
   * @throws KeelsonError `deploy/lease-lost` if the lease has expired or another deploy has taken it.
   */
  assertHeld(): void {
    if (this.#lost === undefined && performance.now() > this.#validUntil)
      this.#lost = "it could not be renewed in time";
    if (this.#lost !== undefined)
      throw new KeelsonError("deploy/lease-lost", `this deploy no longer holds its lease: ${this.#lost}`);
  }

  /** Records the kinds that may exist from now on. */
  async record(kinds: readonly string[]): Promise<void> {
    for (let recorded = false; !recorded; ) {
      this.assertHeld();
      const current = await read(this.#client, this.#options.namespace);
      // A renewal at the same time is a conflict: tried again.
      recorded = current === undefined || (await this.#tryWrite(() => this.#write(current, { kinds })));
    }
    this.#kinds = kinds;
  }

  /** Ends the renewals and lets the next deploy start. Never throws: the lease expires by itself. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    if (this.#lost !== undefined) return;
    try {
      const current = await read(this.#client, this.#options.namespace);
      if (current?.spec.holderIdentity === this.#options.holder) await this.#write(current, { holder: "" });
    } catch {
      // The next deploy waits until the lease has expired.
    }
  }

  async #acquire(): Promise<void> {
    const deadline = performance.now() + this.#options.waitMs;
    // As in client-go, a holder is alive while its renewals are observed: clocks of two machines are never compared.
    let observed = { version: "", since: performance.now() };
    let announced = "";
    for (;;) {
      this.#options.signal.throwIfAborted();
      this.#acquiredAt = now();
      const current = await read(this.#client, this.#options.namespace);
      if (current === undefined) {
        if (await this.#tryWrite(() => this.#create())) return;
        continue;
      }
      const { spec, metadata } = current;
      if (metadata.resourceVersion !== observed.version)
        observed = { version: metadata.resourceVersion, since: performance.now() };
      const expired = performance.now() - observed.since > spec.leaseDurationSeconds * 1000;
      if (spec.holderIdentity === "" || expired) {
        this.#kinds = kindsOf(current);
        if (await this.#tryWrite(() => this.#write(current, { holder: this.#options.holder }))) return;
        continue;
      }
      const who = `${spec.holderIdentity} deploys to ${this.#options.namespace} since ${ageOf(spec.acquireTime)}`;
      if (performance.now() > deadline) throw new KeelsonError("deploy/locked", who);
      if (announced !== spec.holderIdentity) this.#options.waiting(`${who}; waiting for it to end`);
      announced = spec.holderIdentity;
      await sleep(this.#times.pollMs, undefined, { signal: this.#options.signal }).catch(() => undefined);
    }
  }

  async #create(): Promise<void> {
    const { namespace, holder } = this.#options;
    await this.#client.create(leaseObject(namespace, {}, this.#spec(holder)));
    this.#kinds = undefined;
    this.#extend();
  }

  /** False if another deploy was faster. */
  async #tryWrite(write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 409) return false;
      throw error;
    }
  }

  /** Replaces the lease as it was read; fails with a conflict (409) if it has changed since. */
  async #write(
    current: z.infer<typeof Lease>,
    change: { readonly holder?: string; readonly kinds?: readonly string[] },
  ): Promise<void> {
    const { annotations, resourceVersion } = current.metadata;
    const kinds = change.kinds === undefined ? {} : { [KINDS_ANNOTATION]: [...change.kinds].sort().join(" ") };
    const holder = change.holder ?? this.#options.holder;
    await this.#client.replace(
      leaseObject(this.#options.namespace, { ...annotations, ...kinds }, this.#spec(holder), resourceVersion),
    );
    this.#extend();
  }

  #extend(): void {
    this.#validUntil = performance.now() + this.#times.durationSeconds * 1000;
  }

  #spec(holder: string) {
    return {
      holderIdentity: holder,
      leaseDurationSeconds: holder === "" ? 1 : this.#times.durationSeconds,
      acquireTime: this.#acquiredAt,
      renewTime: now(),
    };
  }

  async #renew(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#lost === undefined) {
      await sleep(this.#times.renewMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      try {
        const current = await read(this.#client, this.#options.namespace);
        if (current?.spec.holderIdentity !== this.#options.holder)
          this.#lost = `${current?.spec.holderIdentity || "another deploy"} has taken it`;
        else await this.#write(current, {});
      } catch (error) {
        // Tried again at the next interval; `assertHeld` fails when the lease has expired meanwhile.
        if (performance.now() > this.#validUntil) this.#lost = messageOf(error);
      }
    }
  }
}

async function read(client: KubernetesClient, namespace: string): Promise<z.infer<typeof Lease> | undefined> {
  const live: LiveObject | undefined = await client.get({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: LEASE_NAME, namespace },
  });
  return live === undefined ? undefined : Lease.parse(live);
}

function leaseObject(
  namespace: string,
  annotations: Readonly<Record<string, string>>,
  spec: object,
  resourceVersion?: string,
) {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: LEASE_NAME, namespace, annotations, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec,
  };
}

function kindsOf(lease: z.infer<typeof Lease>): readonly string[] | undefined {
  return lease.metadata.annotations[KINDS_ANNOTATION]?.split(" ").filter((kind) => kind !== "");
}

/** `MicroTime` of the API has microseconds. */
function now(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

function ageOf(acquireTime: string | undefined): string {
  if (acquireTime === undefined) return "an unknown time";
  return `${Math.max(0, Math.round((Date.now() - Date.parse(acquireTime)) / 1000))} s`;
}
