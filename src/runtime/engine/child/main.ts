/**
 * The program of an engine's child process. It receives its configuration over the IPC channel, serves the engine on a Unix
 * socket, and exits with its parent.
 */
import { chmod, rm } from "node:fs/promises";
import { messageOf } from "../../../errors/thrown.js";
import type { Inference } from "./inference.js";
import { type ChildConfig, type ChildReport, childStart } from "./protocol.js";
import { serveInference } from "./server.js";

function send(report: ChildReport): void {
  process.send?.(report);
}

async function load(config: ChildConfig): Promise<Inference> {
  switch (config.engine) {
    case "simulated": {
      const { SimulatedInference } = await import("./simulated.js");
      return new SimulatedInference(config);
    }
    case "llama.cpp": {
      const { LlamaInference } = await import("./llama.js");
      return LlamaInference.load(config);
    }
  }
}

async function run(message: unknown): Promise<void> {
  const { config, socket } = childStart.parse(message);
  const inference = await load(config);
  const server = serveInference(inference, config.model);
  // That of a child that was killed.
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socket, resolve));
  await chmod(socket, 0o600);
  send({ kind: "ready" });
}

process.once("message", (message: unknown) => {
  run(message).catch((error: unknown) => {
    send({ kind: "failed", reason: messageOf(error) });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 50);
  });
});
// The parent drains the gateway before it closes the channel. Signals to its process group must not cut requests in flight.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.exit(0));
// The parent exited before the listener was added.
if (process.connected === false) process.exit(1);
