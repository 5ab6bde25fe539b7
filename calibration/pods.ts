import type { Plan } from "../src/plan/plan.js";
import { loss } from "../src/recovery/drills/measure.js";
import type { Pod } from "../test/support/render/pods/pod.js";
import { renderStorePods } from "../test/support/render/pods/rendered-store.js";
import { until } from "../test/support/until.js";
import { measured, type Rig } from "./case.js";
import { type Observed, observe, outageFrom } from "./load.js";
import { type RemoteClient, startClient } from "./remote-client.js";

/** A store of several servers, each a pod with a network of its own, with the rendered files and commands. */
export interface Servers {
  readonly pods: Pod[];
  readonly client: RemoteClient;
  /** Starts a server again, at a new address and with its volume. */
  restart(index: number): Promise<void>;
  /** The index of the server with an address. */
  indexOf(address: unknown): number;
}

/** What differs between the products. */
export interface Product {
  readonly script: string;
  readonly port: number;
  readonly path: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly versions: (pods: readonly Pod[]) => Promise<Readonly<Record<string, string>>>;
  /** Whether every server is a member again. */
  readonly complete: (servers: Servers) => Promise<boolean>;
  /** Acknowledged writes that can be read. */
  readonly survivors: (client: RemoteClient, acknowledged: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** One repetition: injects the fault, observes, and repairs. */
export interface Fault {
  /** Finds what the fault is injected into, before the load. */
  readonly prepare: (servers: Servers) => Promise<unknown>;
  /** Resolves with the time (epoch milliseconds) from which the RTO counts, if a person has to act before. */
  readonly inject: (servers: Servers) => Promise<number | undefined>;
  readonly repair: (servers: Servers) => Promise<unknown>;
  readonly limitMs: number;
}

const FORM_LIMIT_MS = 180_000;
const CONTINUED = "the servers that remained continued before a lost one returned";

/** Starts the store `name` of a plan; `fault` is made anew for each repetition. */
export async function startServers(
  plan: Plan,
  name: string,
  product: Product,
  fault: () => Fault,
): Promise<Rig<"rto" | "rpo">> {
  const store = await renderStorePods(plan, name, { path: product.path, environment: product.environment ?? {} });
  const pods: Pod[] = [];
  let client: RemoteClient | undefined;
  const stop = async () => {
    await client?.stop();
    await store.stop();
  };
  const password = store.secret["password"] ?? "";
  try {
    const enter = await store.enterNetwork();
    const addresses = () => pods.map(({ address }) => address);
    for (let index = 0; index < store.members; index += 1) pods.push(await store.start(index));
    const job = await store.job().catch(() => undefined);
    if (job !== undefined && job.code !== 0) throw new Error(job.log);
    return {
      versions: await product.versions(pods),
      measure: async () => {
        // The addresses of restarted servers are new.
        await client?.stop();
        const own = startClient(product.script, { members: addresses(), port: product.port, password }, enter);
        client = own;
        const servers: Servers = {
          pods,
          client: own,
          restart: async (index) => {
            pods[index] = await store.start(index);
            // As clients that resolve the names again.
            await own.call("moved", undefined, addresses());
          },
          indexOf: (address) => pods.findIndex((pod) => pod.address === address),
        };
        await until(() => product.complete(servers), `${name} is complete`, FORM_LIMIT_MS);
        const { prepare, inject, repair, limitMs } = fault();
        await prepare(servers);
        let from: number | undefined;
        const observed = await observe({
          request: async (abort) => String(await own.call("write", abort)),
          inject: async () => {
            from = await inject(servers);
          },
          limitMs,
        });
        await repair(servers);
        const rto = from === undefined ? observed.outcome : outageFrom(observed, from, CONTINUED);
        return { rto, rpo: measured(await lost(product, own, observed)) };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The age of the newest acknowledged write that cannot be read. */
async function lost(product: Product, client: RemoteClient, { samples, injectedAt }: Observed): Promise<number> {
  const acknowledged = samples.flatMap(({ ok, reference }) => (ok && reference !== undefined ? [reference] : []));
  return loss(samples, await product.survivors(client, acknowledged), injectedAt, undefined).age;
}
