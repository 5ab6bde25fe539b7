import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../../src/plan/plan.js";
import { loss } from "../../src/recovery/drills/measure.js";
import { until } from "../../test/support/until.js";
import { type Case, defineCase, measured, ofRow, type Rig } from "../case.js";
import { startOperatedDatabase } from "../cloudnative-pg.js";
import { observe, outageFrom } from "../load.js";
import { startClient } from "../remote-client.js";

/** `replicas` and `synchronous` of the database; as small as a test machine needs it. */
const platform = (settings: string) => `platform: calibrated
provide: in-cluster
cluster: { kubernetes: "1.37" }
services: { web: { image: shop/web:1.0.0, port: 80, calls: [database] } }
stores: { database: { postgres: "15.19", size: 1Gi, cpu: 100m..2, memory: 256Mi..512Mi, ${settings} } }
observe: { metrics: prometheus }
`;

const LIMIT_MS = 240_000;
/** A lost instance is replaced, or catches up, before the next repetition. */
const REPAIR_LIMIT_MS = 400_000;

/** How long a hung server is left alone before a person kills it: longer than a failover of one that exits. */
const LEFT_ALONE_MS = 75_000;
const TOOK_OVER = "another server took over before the hung one was killed";

async function start(plan: Plan, which: "primary" | "standby", how: "exits" | "hangs"): Promise<Rig<"rto" | "rpo">> {
  const database = await startOperatedDatabase(plan, "database");
  const { machine } = database.cluster;
  const client = startClient("postgres.js", { connection: database.connection }, machine.enterNetwork);
  const stop = async () => {
    await client.stop();
    await database.stop();
  };
  try {
    // The Service has no endpoint for a moment after the cluster has become healthy.
    const created = () =>
      client.call("create").then(
        () => true,
        () => false,
      );
    await until(created, "the table", 60_000);
    return {
      versions: database.versions,
      measure: async () => {
        const { primary, standbys } = await database.members();
        const [pod = ""] = which === "primary" ? [primary] : standbys;
        let killedAt = 0;
        const observed = await observe({
          request: async (abort) => String(await client.call("write", abort)),
          inject: async () => {
            await database.signal(pod, how === "hangs" ? "STOP" : "KILL");
            if (how === "exits") return;
            await sleep(LEFT_ALONE_MS);
            killedAt = Date.now();
            await database.killPod(pod);
          },
          limitMs: LIMIT_MS,
        });
        const survived = new Set((await survivors(client.call("survivors"))).map(String));
        const { age } = loss(observed.samples, survived, observed.injectedAt, undefined);
        await until(database.isHealthy, "every instance is ready again", REPAIR_LIMIT_MS);
        return {
          rto: how === "exits" ? observed.outcome : outageFrom(observed, killedAt, TOOK_OVER),
          rpo: measured(age),
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function survivors(answer: Promise<unknown>): Promise<readonly unknown[]> {
  const rows = await answer;
  return Array.isArray(rows) ? rows : [];
}

interface Own extends Pick<Case, "name" | "title"> {
  readonly settings: string;
  readonly which?: "primary" | "standby";
  readonly how: "exits" | "hangs";
  readonly terms: readonly string[];
}

const ON_AN_IDLE_MACHINE =
  "asynchronous replication guarantees no lag, and 30 s are assumed; the standby of an idle machine has received almost everything";

function operated({ settings, which = "primary", how, terms, ...own }: Own): Case {
  const what = how === "hangs" ? "RTO from the kill by hand" : "RTO of a server that exits";
  return defineCase({
    ...own,
    platform: platform(settings),
    needs: ["kubernetes node", "cloudnative-pg", "postgresql", "schemas"],
    runs: 3,
    figures: {
      rto: { what, predicted: ofRow("process-crash", "database", "rto", terms) },
      rpo: {
        what: "RPO",
        predicted: ofRow("process-crash", "database", "rpo"),
        ...(settings.includes("synchronous") ? {} : { whyLarge: ON_AN_IDLE_MACHINE }),
      },
    },
    start: (plan) => start(plan, which, how),
  });
}

const FAILOVER = ["failover", "clients reconnect"];

export const pairCrash = operated({
  name: "postgres-pair-crash",
  title: "CloudNativePG, two asynchronous servers: kill -9 of every process of the primary's PostgreSQL",
  settings: "replicas: 2",
  how: "exits",
  terms: FAILOVER,
});
export const pairHang = operated({
  name: "postgres-pair-hang",
  title: `CloudNativePG, two asynchronous servers: the primary's PostgreSQL hangs (SIGSTOP), for ${LEFT_ALONE_MS / 1000} s nothing takes over, then its pod is deleted with force`,
  settings: "replicas: 2",
  how: "hangs",
  terms: FAILOVER,
});
export const trioCrash = operated({
  name: "postgres-trio-crash",
  title: "CloudNativePG, three synchronous servers: kill -9 of every process of the primary's PostgreSQL",
  settings: "replicas: 3, synchronous: true",
  how: "exits",
  terms: FAILOVER,
});
export const lostStandby = operated({
  name: "postgres-lost-standby",
  title: "CloudNativePG, two synchronous servers: kill -9 of the standby's PostgreSQL, which commits wait for",
  settings: "replicas: 2, synchronous: true",
  which: "standby",
  how: "exits",
  terms: ["restart of the server", "clients reconnect"],
});
