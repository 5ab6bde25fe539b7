import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Outcome } from "../../src/contracts/drills.js";
import type { Plan } from "../../src/plan/plan.js";
import { checkTimeout } from "../../src/promises/facts/dns.js";
import { type Machine, startMachine } from "../../test/support/cluster/machine.js";
import { type Requirement, requirement } from "../../test/support/requirements.js";
import { until } from "../../test/support/until.js";
import { defineCase, ofRow } from "../case.js";
import { observe } from "../load.js";
import { type RemoteClient, startClient } from "../remote-client.js";

const run = promisify(execFile);

const platform = `platform: calibrated
cloud: aws
zones: 3
services: { web: { image: shop/web:1.0.0, port: 80, replicas: 3, expose: / } }
entrance: { host: shop.test }
regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: active }], failover: { check: 30s, failures: 3, ttl: 60s } }
observe: { metrics: prometheus }
`;

const PRIMARY = "127.0.1.1";
const STANDBY = "127.0.1.2";
const WEB_PORT = 8080;
/** The authority, the relay that makes it slow, and the resolvers. */
const PORTS = { authority: 5301, slow: 5302, resolver: 5311, stale: 5312, node: 5313 } as const;
/** Longer than a resolver waits for an answer before it gives a stale one (RFC 8767, section 5). */
const SLOW_MS = 2_500;
/** A check that connects to nothing: the share of its time that Route 53 gives to the connection. */
const CONNECT_MS = 4_000;
const LIMIT_MS = 400_000;
/** The fault comes at another moment of the checks and of the caches in each repetition. */
const PHASE_STEP_MS = 13_000;

type Name = "fresh" | "stale";

/** A machine with an authority, three resolvers and the servers of two regions, on loopback addresses of its own. */
interface World {
  readonly machine: Machine;
  readonly clients: Readonly<Record<Name, RemoteClient>>;
  stop(): Promise<void>;
}

async function startWorld(host: string, { check, failures, ttl }: NonNullable<Plan["failover"]>): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-dns-"));
  const machine = await startMachine(`keelson-dns-${process.pid}`);
  const clients: RemoteClient[] = [];
  const stop = async () => {
    for (const client of clients) await client.stop();
    await machine.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // A resolver asks within the machine only.
    await machine.run(["ip", "route", "del", "default"]);
    const zone = { file: join(folder, "zone"), text: zoneOf(host, ttl / 1000), pidFile: join(folder, "nsd.pid") };
    await writeFile(zone.file, zone.text.replaceAll("ADDRESS", PRIMARY).replaceAll("SERIAL", "1"));
    const start = async (name: Requirement, config: string, args: (file: string) => readonly string[]) => {
      const own = join(folder, `${name}-${++started}`);
      await mkdir(own);
      await writeFile(join(own, "conf"), config.replaceAll("FOLDER", own));
      machine.start({ path: pathOf(name), args: args(join(own, "conf")), folder: own });
    };
    await start("nsd", authority(host, zone), (file) => ["-d", "-c", file]);
    await start("nginx", webServers(), (file) => ["-c", file]);
    const resolver = (port: number, from: Resolving) =>
      start("unbound", resolverConfig(host, port, from), (file) => ["-d", "-c", file]);
    await resolver(PORTS.resolver, { zone: PORTS.authority });
    await resolver(PORTS.stale, { zone: PORTS.slow });
    await resolver(PORTS.node, { forward: PORTS.stale });
    const script = (file: string, settings: unknown) =>
      machine.start({
        path: process.execPath,
        args: [fileURLToPath(new URL(`../clients/${file}`, import.meta.url)), JSON.stringify(settings)],
        folder,
      });
    script("slow-relay.js", { listen: PORTS.slow, to: PORTS.authority, delay: SLOW_MS });
    const client = (port: number) => {
      const settings = { host, port: WEB_PORT, resolver: `127.0.0.1:${port}` };
      const own = startClient("dns-client.js", settings, machine.enterNetwork);
      clients.push(own);
      return own;
    };
    const both = { fresh: client(PORTS.resolver), stale: client(PORTS.node) };
    for (const each of [both.fresh, both.stale])
      await until(
        () =>
          each.call("get").then(
            () => true,
            () => false,
          ),
        "the first answer",
        60_000,
      );
    script("health-checks.js", {
      ...{ primary: PRIMARY, standby: STANDBY, port: WEB_PORT, interval: check, failures },
      ...{ connect: CONNECT_MS, status: checkTimeout.value - CONNECT_MS, zone },
    });
    return { machine, clients: both, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

let started = 0;
let repetitions = 0;

async function measure(plan: Plan): Promise<Record<Name, Outcome>> {
  const host = plan.entrances[0]?.host;
  if (!plan.failover || host === undefined) throw new Error("the platform has no failover of a host");
  const world = await startWorld(host, plan.failover);
  try {
    repetitions += 1;
    await sleep(repetitions * PHASE_STEP_MS);
    let cut: Promise<unknown> | undefined;
    // Both clients have a steady load before the one fault.
    let waiting = 2;
    const outage = async (client: RemoteClient) => {
      const { outcome } = await observe({
        request: async (signal) => String(await client.call("get", signal)),
        inject: async () => {
          waiting -= 1;
          await until(() => waiting === 0, "the load of the other client", 60_000);
          cut ??= world.machine.run(["iptables", "--insert", "INPUT", "--destination", PRIMARY, "--jump", "DROP"]);
          await cut;
        },
        limitMs: LIMIT_MS,
      });
      return outcome;
    };
    const [fresh, stale] = await Promise.all([outage(world.clients.fresh), outage(world.clients.stale)]);
    return { fresh, stale };
  } finally {
    await world.stop();
  }
}

function zoneOf(host: string, ttl: number): string {
  return [
    `$ORIGIN ${host}.`,
    `@ 3600 IN SOA ns admin SERIAL 3600 600 86400 60`,
    "@ 3600 IN NS ns",
    "ns 3600 IN A 127.0.0.1",
    `@ ${ttl} IN A ADDRESS`,
    "",
  ].join("\n");
}

function authority(host: string, zone: { readonly file: string; readonly pidFile: string }): string {
  return `server:
  ip-address: 127.0.0.1
  port: ${PORTS.authority}
  username: ""
  database: ""
  zonesdir: "FOLDER"
  pidfile: "${zone.pidFile}"
  xfrdfile: "FOLDER/xfrd.state"
  zonelistfile: "FOLDER/zone.list"
  cookie-secret-file: "FOLDER/cookies"
remote-control:
  control-enable: no
zone:
  name: ${host}
  zonefile: ${zone.file}
`;
}

type Resolving = { readonly zone: number } | { readonly forward: number };

/** A resolver that asks the authority of one zone, and may give stale answers; or one of a node, which asks another. */
function resolverConfig(host: string, port: number, from: Resolving): string {
  const upstream =
    "zone" in from
      ? `stub-zone:\n  name: ${host}\n  stub-addr: 127.0.0.1@${from.zone}\n`
      : `forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${from.forward}\n`;
  return `server:
  directory: "FOLDER"
  chroot: ""
  username: ""
  pidfile: ""
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  do-ip6: no
  local-zone: "test." nodefault
  module-config: "iterator"
  num-threads: 1
${"zone" in from ? "  serve-expired: yes\n  serve-expired-client-timeout: 1800\n  serve-expired-reply-ttl: 30\n" : ""}remote-control:
  control-enable: no
${upstream}`;
}

function webServers(): string {
  const servers = [PRIMARY, STANDBY].map((address) => `server { listen ${address}:${WEB_PORT}; return 200 "ok"; }`);
  return `daemon off; error_log stderr; pid FOLDER/nginx.pid; events {}
http { access_log off; client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/fastcgi;
uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi; ${servers.join(" ")} }
`;
}

function pathOf(name: Requirement): string {
  const answer = requirement(name);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.path;
}

async function versions(): Promise<Record<string, string>> {
  const packages = ["nsd", "unbound", "nginx"];
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Package} ${Version}\n", ...packages]);
  return Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([name = "", version = ""]) => [name, version]),
  );
}

const BEFORE = ["health checks fail", "a check waits for an answer", "the old address stays in DNS caches"];

export const dnsFailover = defineCase<Name>({
  name: "dns-failover",
  title:
    "an authority, resolvers and health checks in the manner of Route 53: the address of a host stops answering, without a word",
  platform,
  needs: ["network namespaces", "nsd", "unbound", "nginx"],
  runs: 5,
  figures: {
    fresh: {
      what: "RTO with a resolver that reaches the authority",
      predicted: ofRow("dns-failover", "entrance", "rto", [...BEFORE, "clients reconnect"]),
    },
    stale: {
      what: "RTO with a slow authority, a resolver that gives stale answers, and a cache on the node",
      predicted: ofRow("dns-failover", "entrance", "rto"),
    },
  },
  start: async (plan) => ({
    versions: await versions(),
    measure: () => measure(plan),
    stop: async () => undefined,
  }),
});
