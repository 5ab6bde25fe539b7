import { getLlama, LlamaLogLevel } from "node-llama-cpp";

/**
 * A program of its own: loads the prebuilt llama.cpp of this machine and prints its backend. A CPU without a required
 * instruction ends the process that loads it.
 */
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.error,
});
process.stdout.write(llama.gpu === false ? "CPU" : llama.gpu);
process.exit(0);
