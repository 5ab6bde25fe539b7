import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { KeelsonError } from "../../src/errors/keelson-error.js";
import { startServe } from "../../src/local/children/serve-child.js";
import { reportedError, serveReportOf } from "../../src/local/children/serve-report.js";
import type { ServeSpec } from "../../src/local/processes.js";
import { planWith } from "../support/gateway/gateway.js";
import { type Cleanups, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("the report of a start that failed", () => {
  test("carries code, message and hint unchanged, whatever characters they contain", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string({ minLength: 1 }), { nil: undefined }), (message, hint) => {
        const error = new KeelsonError("port/in-use", message, { hint });
        const sent: unknown = JSON.parse(JSON.stringify(serveReportOf(error)));
        expect(reportedError(sent)).toMatchObject({ code: "port/in-use", message, hint: error.hint });
      }),
    );
  });

  test("is an internal error for any other thrown value", () => {
    expect(reportedError(serveReportOf("text"))).toMatchObject({ code: "internal", message: "text" });
  });

  test.each([undefined, null, "failed", { kind: "serving" }, { kind: "failed", code: 5, message: "x" }])(
    "is not read from another message: %j",
    (message) => expect(reportedError(message)).toBeUndefined(),
  );
});

test("a `keelson serve` that cannot start exits with the error that it reported over IPC", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const directory = workDirectory(cleanups);
  mkdirSync(join(directory, "secrets"));
  writeFileSync(join(directory, "plan.json"), JSON.stringify(planWith("assistant: { engine: simulated }")));
  // An error in the log's own format, as a client could have it logged: it is not the error of the start.
  writeFileSync(join(directory, "serve.log"), "error data/foreign from the log\n  hint: none\n");
  const spec: ServeSpec = {
    ...{ kind: "serve", name: "platform", needs: [], startup: 10_000, grace: 5_000 },
    liveness: { every: 1000, failures: 3 },
    ...{ modules: ["engine"], unit: undefined, model: undefined, state: "platform", peers: {} },
    ...{ host: "127.0.0.1", port: address.port, socket: join(directory, "platform.sock") },
  };
  const child = await startServe(spec, {
    plan: join(directory, "plan.json"),
    data: join(directory, "data"),
    secrets: join(directory, "secrets"),
    log: join(directory, "serve.log"),
    control: join(directory, "control.sock"),
    publicUrl: `http://127.0.0.1:${address.port}`,
  });
  expect(await child.exited).toMatchObject({
    how: "exit code 1",
    error: { code: "port/in-use", message: expect.stringContaining(`port ${address.port}`), hint: expect.any(String) },
  });
}, 60_000);
