import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get, createServer as httpsServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { promisify } from "node:util";
import type { Plan } from "../../src/plan/plan.js";
import { certificateNotice } from "../../src/promises/alerts.js";
import { alertNotice } from "../../src/promises/facts/alerting.js";
import { replacedByHand } from "../../src/promises/facts/entrances.js";
import { unpagedResponse } from "../../src/promises/facts/people.js";
import { assumed, bounded, cited, type Prediction } from "../../src/promises/prediction.js";
import { type PromiseSheet, promiseSheet } from "../../src/promises/sheet.js";
import { until } from "../../test/support/until.js";
import { type Alerting, startAlerting } from "../alerting.js";
import { defineCase, measured, ofRow, type Rig } from "../case.js";
import { observe } from "../load.js";

const run = promisify(execFile);

/** A certificate that is provided by hand, and a probe that reports its expiry three minutes before. */
const platform = `platform: calibrated
cloud: aws
services: { web: { image: shop/web:1.0.0, port: 80, replicas: 3, expose: / } }
entrance: { host: shop.test, tls: none }
observe: { metrics: prometheus, alerts: { certificate: 3m } }
`;

/** What the person of the case needs for the response and the order together, instead of half an hour and a day. */
const PERSON_MS = 180_000;
/** From a new certificate until its notice begins: it has been scraped before. */
const BEFORE_NOTICE_MS = 75_000;
/** The load begins this long before the expiry. */
const LOAD_MS = 4_000;
const LIMIT_MS = 900_000;

type Name = "notice" | "outage" | "accepted";

/** A server whose certificate is replaced while it runs. */
interface Served {
  readonly port: number;
  readonly authority: Buffer;
  /** Serves a new certificate, valid until a moment (epoch milliseconds, rounded down to a second); resolves with that. */
  serveUntil(end: number): Promise<number>;
  stop(): Promise<void>;
}

async function startServer(host: string): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-certificate-"));
  const issue = await authorityIn(folder, host);
  const first = await issue(Date.now() + 3_600_000);
  const server: Server = httpsServer({ ...first }, (_request, response) => response.end("ok"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    authority: await readFile(join(folder, "ca.crt")),
    serveUntil: async (end) => {
      server.setSecureContext(await issue(end));
      return Math.floor(end / 1000) * 1000;
    },
    stop: async () => {
      server.close().closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An authority of openssl, whose certificates end at any second. */
async function authorityIn(
  folder: string,
  host: string,
): Promise<(end: number) => Promise<{ readonly cert: Buffer; readonly key: Buffer }>> {
  const at = (name: string) => join(folder, name);
  await mkdir(at("issued"));
  await writeFile(at("index"), "");
  const lines = [
    "[ca]\ndefault_ca = own\n[own]",
    `database = ${at("index")}\nnew_certs_dir = ${at("issued")}\nrand_serial = yes`,
    "default_md = sha256\npolicy = any\nx509_extensions = leaf\nunique_subject = no",
    `[any]\ncommonName = supplied\n[leaf]\nsubjectAltName = DNS:${host}\n`,
  ];
  await writeFile(at("conf"), lines.join("\n"));
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await run("openssl", [
    ...["req", "-x509", ...newKey, "-days", "1", "-subj", "/CN=authority"],
    ...["-keyout", at("ca.key"), "-out", at("ca.crt")],
  ]);
  await run("openssl", ["req", ...newKey, "-subj", `/CN=${host}`, "-keyout", at("key"), "-out", at("request")]);
  return async (end) => {
    const date = new Date(end).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
    await run("openssl", [
      ...["ca", "-batch", "-notext", "-config", at("conf"), "-cert", at("ca.crt"), "-keyfile", at("ca.key")],
      ...["-in", at("request"), "-out", at("crt"), "-enddate", date],
    ]);
    return { cert: await readFile(at("crt")), key: await readFile(at("key")) };
  };
}

/** What a probe from outside exports: it reads the certificate that is served, expired or not. */
async function probe(host: string, { port }: Served): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, servername: host, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect");
    const end = new Date(socket.getPeerCertificate().valid_to).getTime() / 1000;
    return `probe_ssl_earliest_cert_expiry{instance="https://${host}"} ${end}\n`;
  } finally {
    socket.destroy();
  }
}

/** A client that trusts the authority, with a new connection for each request. */
function request(host: string, { port, authority: ca }: Served, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const sent = get({ host: "127.0.0.1", port, servername: host, ca, agent: false, signal }, (response) => {
      response.resume();
      response.on("end", () => resolve(undefined));
    });
    sent.on("error", reject);
  });
}

async function start(plan: Plan): Promise<Rig<Name>> {
  const [entrance] = plan.entrances;
  const lead = entrance && certificateNotice(entrance, plan);
  if (entrance?.host === undefined || lead === undefined) throw new Error("the platform has no notice of an expiry");
  const { host } = entrance;
  const row = rowOf(promiseSheet(plan, []));
  const served = await startServer(host);
  let alerting: Alerting;
  try {
    alerting = await startAlerting(plan, row.alert, () => probe(host, served));
  } catch (error) {
    await served.stop();
    throw error;
  }
  return {
    versions: { ...alerting.versions, "Node.js as the client": process.versions.node },
    measure: async () => {
      await alerting.quiet(LIMIT_MS);
      const before = alerting.notifications();
      const end = await served.serveUntil(Date.now() + BEFORE_NOTICE_MS + lead);
      let notified = 0;
      let replaced = 0;
      const person = async () => {
        await until(() => alerting.notifications() > before, "a notification", LIMIT_MS);
        notified = Date.now();
        await sleep(PERSON_MS);
        await served.serveUntil(Date.now() + 3_600_000);
        replaced = Date.now();
      };
      const [{ outcome, samples }] = await Promise.all([
        sleep(end - LOAD_MS - Date.now()).then(() =>
          observe({
            request: (signal) => request(host, served, signal),
            inject: () => sleep(Math.max(0, end - Date.now())),
            repaired: () => replaced > 0,
            limitMs: LIMIT_MS,
          }),
        ),
        person(),
      ]);
      const accepted = samples.filter(({ ok, sent }) => ok && sent > end && sent < replaced).length;
      return { notice: measured(notified - (end - lead)), outage: outcome, accepted: measured(accepted) };
    },
    stop: async () => {
      await alerting.stop();
      await served.stop();
    },
  };
}

function rowOf({ rows }: PromiseSheet) {
  const row = rows.find(({ fault }) => fault === "certificate-expiry");
  if (!row) throw new Error("the sheet has no such row");
  return row;
}

/** The outage of the sheet, with the person of this case. */
function replacedSooner(sheet: PromiseSheet, plan: Plan): Prediction {
  const predicted = ofRow("certificate-expiry", "entrance", "rto")(sheet, plan);
  if (predicted.kind !== "bounded") return predicted;
  const saved = unpagedResponse.value + replacedByHand.value - PERSON_MS;
  const why = "a person who needs three minutes in all";
  return bounded(plan, rowOf(sheet).path, [
    assumed("expired until it is replaced", Math.max(0, predicted.total - saved), why),
  ]);
}

export const certificate = defineCase<Name>({
  name: "certificate-expiry",
  title:
    "a TLS server whose certificate expires, a client, and the alert of the sheet in Prometheus and Alertmanager at the intervals of their defaults",
  platform,
  needs: ["prometheus", "alertmanager"],
  runs: 2,
  figures: {
    notice: {
      what: "from the alert's condition to the notification",
      predicted: (sheet, plan) => bounded(plan, rowOf(sheet).path, [cited("alert evaluated and sent", alertNotice)]),
    },
    outage: { what: "RTO, replaced three minutes after the notification", predicted: replacedSooner },
    accepted: {
      what: "new connections that accept the certificate after its expiry",
      unit: "count",
      predicted: (sheet, plan) => bounded(plan, rowOf(sheet).path, [assumed("none", 0, "clients verify the expiry")]),
    },
  },
  start,
});
