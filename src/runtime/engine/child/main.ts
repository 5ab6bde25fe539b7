import { messageOf } from "../../../errors/thrown.js";
/** The program of an engine's child process: told over its IPC channel what to run, serves it on loopback, ends with its parent. */
import type { Inference } from "./inference.js";
import { type ChildConfig, type ChildReport, childConfig } from "./protocol.js";
import { serveInference } from "./server.js";

function tell(report: ChildReport): void {
  process.send?.(report);
}

async function load(config: ChildConfig): Promise<Inference> {
  switch (config.engine) {
    case "simulated": {
      const { SimulatedInference } = await import("./simulated.js");
      return new SimulatedInference(config.times, config.context, config.embeddings ? "embeddings" : "text");
    }
    case "llama.cpp": {
      const { LlamaInference } = await import("./llama.js");
      return LlamaInference.load(config);
    }
  }
}

async function run(message: unknown): Promise<void> {
  const config = childConfig.parse(message);
  const inference = await load(config);
  const server = serveInference(inference, config.model);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") tell({ kind: "ready", port: address.port });
  });
}

process.once("message", (message: unknown) => {
  run(message).catch((error: unknown) => {
    tell({ kind: "failed", reason: messageOf(error) });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 50);
  });
});
// The parent drains the gateway before it lets go; signals meant for the parent's group must not cut what it drains.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.exit(0));
// Gone before anybody could listen.
if (process.connected === false) process.exit(1);
