import { once } from "node:events";
import { createServer } from "node:http";
import type { z } from "zod";
import { designDocument } from "../../../src/cli/design/design-document.js";
import type { AuditEntry, auditPage } from "../../../src/contracts/audit.js";
import type { BackupList } from "../../../src/contracts/backups.js";
import type { Design } from "../../../src/contracts/design.js";
import {
  type DrillResult,
  drillFaultEstimatesSchema,
  type drillSummariesSchema,
} from "../../../src/contracts/drills.js";
import type { Key } from "../../../src/contracts/keys.js";
import type { User } from "../../../src/contracts/organisations.js";
import type { RecoveryReport } from "../../../src/contracts/recovery.js";
import type { LatencyReport, UsageReport, UsageRow } from "../../../src/contracts/usage.js";
import { sumUsage } from "../../../src/contracts/usage.js";
import type { Plan } from "../../../src/plan/plan.js";
import { readPlatform } from "../../../src/platform-file/index.js";
import { sheetOf } from "../../../src/runtime/dashboard/promises/compose.js";
import { composeTopology } from "../../../src/runtime/dashboard/topology/compose.js";
import { readWebFiles } from "../../../src/runtime/dashboard/web/files.js";
import { webHandler } from "../../../src/runtime/dashboard/web/handler.js";
import { refuseWith } from "../../../src/runtime/kernel/refuse.js";
import { planOf } from "../check/findings.js";

/** The built application with the data of a large platform, which is composed from a plan and not stored anywhere. */
export interface LargePlatform {
  readonly url: string;
  close(): Promise<void>;
}

const COMPONENTS = 500;
const KEYS = 2_000;
const DRILLS = 500;
const HOUR_MS = 3_600_000;

/** 45 characters without a place to break: the longest name of a component. */
const LONG_NAME = "w".repeat(45);

/** A file of services, each of which calls the next three and a database; every name that a user chooses is long once. */
function platformFile(): string {
  const name = (index: number): string => (index === 0 ? LONG_NAME : `service-${index}`);
  const services = Array.from({ length: COMPONENTS }, (_, index) => {
    const calls = [1, 2, 3].map((step) => name((index + step * 7) % COMPONENTS));
    return `  ${name(index)}: { image: "registry.example.com/app:1.0.0", port: 80, replicas: 2, calls: [${calls.join(", ")}, database] }`;
  });
  return `
platform: large
provide: in-cluster
services:
${services.join("\n")}
stores: { database: { postgres: 17 } }
objectives: { rto: 10m, rpo: 5m, except: [zone-loss] }
observe: { metrics: prometheus }
`;
}

const now = Date.now();
const iso = (ago: number): string => new Date(now - ago).toISOString();

function keyOf(index: number): Key {
  return {
    id: `key_${index}`,
    name: index === 0 ? "k".repeat(100) : `key ${index}`,
    prefix: "kls_abcdefgh",
    scopes: ["inference", "admin", "usage"],
    models: index % 5 === 0 ? ["assistant", "embedder"] : null,
    organisation: index === 0 ? "o".repeat(63) : `organisation-${index % 50}`,
    user: null,
    created: iso(index * HOUR_MS),
    expires: index % 3 === 0 ? iso(-index * HOUR_MS - HOUR_MS) : null,
    revoked: null,
    lastUsed: index % 4 === 0 ? iso(index * 60_000) : null,
    status: "active",
    madeBy: null,
    endsWithSession: false,
  };
}

const organisationOf = (index: number) => ({
  id: index === 0 ? "o".repeat(63) : `organisation-${index}`,
  name: index === 0 ? "n".repeat(100) : `Organisation ${index}`,
  created: iso(index * HOUR_MS),
  deleted: null,
});

function userOf(index: number): User {
  return {
    id: `usr_${index}`,
    organisation: index === 0 ? "o".repeat(63) : `organisation-${index % 50}`,
    name: index === 0 ? "u".repeat(100) : `User ${index}`,
    role: index % 10 === 0 ? "owner" : "member",
    operator: index === 0,
    disabled: index % 7 === 3,
    created: iso(index * HOUR_MS),
    deleted: null,
  };
}

/** Entries with descending ids, as many as keys. */
function auditOf(query: URLSearchParams): z.infer<typeof auditPage> {
  const limit = Number(query.get("limit"));
  const newest = Number(query.get("before") ?? KEYS + 1) - 1;
  const entries = Array.from({ length: Math.min(limit, newest) }, (_, index): AuditEntry => {
    const id = newest - index;
    return {
      id,
      at: iso((KEYS - id) * 60_000),
      organisation: id % 3 === 0 ? null : "o".repeat(63),
      actor: id % 2 === 0 ? "user:usr_0" : `os:${"r".repeat(100)}`,
      act: "key.create",
      subject: `key_${id}`,
      detail: { name: "k".repeat(100), scopes: ["inference", "admin"], models: ["m".repeat(90)] },
      previous: "0".repeat(64),
      hash: "1".repeat(64),
    };
  });
  return { entries, names: { usr_0: "u".repeat(100) }, next: newest > limit ? newest - limit + 1 : null };
}

type DrillSummary = z.input<typeof drillSummariesSchema>["drills"][number];

function drillOf(index: number): DrillSummary {
  return {
    id: `drill-${index}`,
    fault: index % 2 === 0 ? "process-crash" : "database-loss",
    title: "A process exits or hangs",
    state: "finished",
    startedAt: now - index * HOUR_MS,
    finishedAt: now - index * HOUR_MS + 60_000,
    subject: index === 0 ? LONG_NAME : "database",
    rto: { kind: "measured", ms: 3_000 + index },
    rpo: { kind: "not-applicable" },
    verdict: index % 5 === 0 ? "broken" : "kept",
  };
}

function drillResult(): DrillResult {
  const series = Array.from({ length: 240 }, (_, index) => ({
    t: index * 250,
    ok: 4,
    failed: index > 80 && index < 120 ? 3 : 0,
  }));
  const subjects = [LONG_NAME, ...Array.from({ length: 60 }, (_, index) => `service-${index + 1}`)];
  return {
    ...drillOf(0),
    formatVersion: 2,
    platform: "large",
    environment: "production",
    promised: { rto: 600_000, rpo: 300_000 },
    predicted: { rto: 94_000, rpo: 31_000 },
    measurements: subjects.map((subject) => ({
      subject,
      rto: { kind: "measured", ms: 3_200 },
      rpo: { kind: "never-recovered", afterMs: 120_000 },
      promised: { rto: 600_000, rpo: 300_000 },
      predicted: { rto: 94_000 },
      verdict: "broken",
      underestimated: true,
    })),
    faults: [],
    findings: [{ what: "r".repeat(120), why: "it has no place to break" }],
    terms: [{ name: "restore of the backup", value: 26_000, bytes: 46 * 2 ** 20 }],
    acknowledged: 900,
    lost: 0,
    failed: 120,
    load: { requests: 5, writes: 10, steadyMs: 10_000, model: "assistant" },
    series,
    writes: series,
    events: Array.from({ length: 40 }, (_, index) => ({
      t: index * 1_500,
      what: `kill -9 of ${index === 0 ? LONG_NAME : `service-${index}`}`,
    })),
    versions: { keelson: "0.1.0", postgres: "17", node: "22", system: "linux" },
  };
}

/** Usage of the first `top` groups and the others, in each unit of the range. */
function usageOf(query: URLSearchParams): UsageReport {
  const by = (query.get("by") ?? "hour").split(",");
  const unit = by.find((each) => each === "minute" || each === "hour" || each === "day");
  const group = by.find((each) => each === "key" || each === "model" || each === "organisation") ?? "model";
  const step = { minute: 60_000, hour: HOUR_MS, day: 24 * HOUR_MS }[unit ?? "day"] ?? HOUR_MS;
  const [from, to] = [Date.parse(query.get("from") ?? iso(HOUR_MS)), Date.parse(query.get("to") ?? iso(0))];
  const times =
    unit === undefined
      ? [undefined]
      : Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);
  const top = Number(query.get("top") ?? 10);
  const rows = times.flatMap((time) =>
    Array.from(
      { length: top + 1 },
      (_, index): UsageRow => ({
        ...(time === undefined || unit === undefined ? {} : { [unit]: new Date(time).toISOString() }),
        ...(index === top
          ? { others: KEYS - top }
          : { [group]: index === 0 && group !== "key" ? LONG_NAME : `key_${index}` }),
        requests: 1_000_000 - index,
        inputTokens: 123_456_789,
        outputTokens: 98_765_432,
        errors: 12_345,
        estimated: 1_234,
      }),
    ),
  );
  const keyNames = Object.fromEntries(Array.from({ length: top }, (_, index) => [`key_${index}`, keyOf(index).name]));
  return { rows, totals: sumUsage(rows), ...(group === "key" ? { keyNames } : {}) };
}

/** Latency in each unit of the range, or of the first groups. */
function latencyOf(query: URLSearchParams): LatencyReport {
  const by = query.get("by") ?? "hour";
  const figures = { requests: 1_000_000, p50Ms: 844, p95Ms: 12_345, p99Ms: 123_456 };
  const from = Date.parse(query.get("from") ?? iso(HOUR_MS));
  const step = by === "minute" ? 60_000 : HOUR_MS;
  const rows = Array.from({ length: 24 }, (_, index) => ({
    [by]:
      by === "minute" || by === "hour"
        ? new Date(from + index * step).toISOString()
        : index === 0
          ? LONG_NAME
          : `key_${index}`,
    ...figures,
  }));
  return { rows, totals: figures };
}

function designOf(text: string, plan: Plan): Design {
  const parsed = readPlatform({ file: "platform.yaml", text });
  if (!parsed.ok) throw new Error("the platform file is invalid");
  const { platform, diagnostics: warnings } = parsed;
  return designDocument(
    { platform, file: "platform.yaml", path: "/platform.yaml", text, warnings },
    plan,
    "2026-11-30",
  );
}

/** Starts the server on loopback. Any request that has the session cookie is signed in. */
export async function serveLargePlatform(): Promise<LargePlatform> {
  const text = platformFile();
  const plan = planOf(text);
  const keys = Array.from({ length: KEYS }, (_, index) => keyOf(index));
  const users = Array.from({ length: KEYS }, (_, index) => userOf(index));
  const organisations = Array.from({ length: DRILLS }, (_, index) => organisationOf(index));
  const drills = Array.from({ length: DRILLS }, (_, index) => drillOf(index));
  const sheet = sheetOf(plan)([]);
  const topology = composeTopology(plan, { at: now, units: new Map(), stores: new Map(), models: undefined });
  const page = <Row extends { readonly id: string }>(rows: readonly Row[], query: URLSearchParams) => {
    const after = query.get("after");
    const start = after === null ? 0 : rows.findIndex(({ id }) => id === after) + 1;
    const shown = rows.slice(start, start + Number(query.get("limit") ?? 1_000));
    return {
      rows: shown,
      total: rows.length,
      next: start + shown.length < rows.length ? (shown.at(-1)?.id ?? null) : null,
    };
  };
  const answers: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
    "/admin/session": () => ({
      user: { id: "usr_1", name: "u".repeat(100) },
      organisation: "default",
      role: "owner",
      scopes: ["admin"],
      operator: true,
      platform: "large",
      environment: "production",
    }),
    "/admin/promises": () => sheet,
    "/admin/design": () => designOf(text, plan),
    "/admin/topology": () => ({ ...topology, at: Date.now() }),
    "/admin/keys": (query) => {
      const { rows, ...rest } = page(keys, query);
      return { keys: rows, ...rest };
    },
    "/admin/drills": (query) => {
      if (query.get("status") === "running") return { drills: [], unreadable: [], total: 0, next: null };
      const { rows, ...rest } = page(drills, query);
      return { drills: rows, unreadable: [], ...rest };
    },
    "/admin/drills/faults": () =>
      drillFaultEstimatesSchema.parse({
        faults: ["process-crash", "database-loss", "backup-corruption"].map((fault) => ({
          fault,
          title: fault,
          unavailableSeconds: 25,
          ...(fault === "process-crash" ? {} : { dataLoss: { loses: "acknowledged writes", estimatedSeconds: 31 } }),
        })),
      }),
    "/admin/drills/drill-0": () => drillResult(),
    "/admin/usage": usageOf,
    "/admin/usage/latency": latencyOf,
    "/admin/backups": (): BackupList => ({
      place: `s3://${"b".repeat(100)}/backups`,
      backups: Array.from({ length: 200 }, (_, index) => ({
        id: `20261129T${String(100_000 + index)}Z`,
        platform: "large",
        startedAt: now - index * HOUR_MS,
        finishedAt: now - index * HOUR_MS + 30_000,
        bytes: 5 * 2 ** 30,
        size: 20 * 2 ** 30,
        encrypted: true,
        origin: index % 7 === 0 ? "other-key" : "authenticated",
        opens: index % 7 !== 0,
        tables: 30,
        rows: 12_345_678,
      })),
      incomplete: [{ name: "i".repeat(120), bytes: 4_096, modified: now }],
      damaged: [{ object: "x".repeat(150), why: "the signature is invalid" }],
    }),
    "/admin/recovery": (): RecoveryReport => ({
      backups: {
        place: `s3://${"b".repeat(100)}/backups`,
        next: now + HOUR_MS,
        busy: `verifying ${"v".repeat(120)}`,
        requested: { kind: "verification", backup: "v".repeat(120), startedAt: now, state: "running" },
      },
      archive: {
        archived: 1_234_567,
        last: { name: "000000010000000000000042", at: now - HOUR_MS },
        backlog: { files: 743, bytes: 12 * 2 ** 30, oldestAt: now - 30 * HOUR_MS },
        failing: { what: "archive", since: now - HOUR_MS, reason: "r".repeat(200) },
      },
      problems: [{ severity: "degraded", what: `the disk of ${"d".repeat(120)} is nearly full` }],
    }),
    "/admin/models": () => ({
      models: Array.from({ length: 40 }, (_, index) => ({
        name: index === 0 ? LONG_NAME : `model-${index}`,
        embeddings: index % 4 === 3,
        engine: "llama.cpp",
        reason: `llama.cpp: ${"m".repeat(90)}`,
        state: "ready",
        targets: [{ id: `${LONG_NAME}-0`, engine: "llama.cpp", state: "ready", inFlight: 3, ewmaMs: 844, errors: 2 }],
        queue: { waiting: 4, limit: 100 },
        requestsPerSecond: 12.5,
        tokensPerSecond: 480,
      })),
    }),
    "/admin/organisations": (query) => {
      const { rows, ...rest } = page(organisations, query);
      return { organisations: rows, ...rest };
    },
    "/admin/users": (query) => {
      const { rows, ...rest } = page(users, query);
      return { users: rows, ...rest };
    },
    "/admin/audit": (query) => auditOf(query),
  };
  const pages = webHandler(
    await readWebFiles(),
    refuseWith(() => undefined),
  );
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const answer = answers[pathname];
    if (!answer) return pages(request, response);
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer(searchParams)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
