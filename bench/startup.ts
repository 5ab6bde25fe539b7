import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { up } from "./platform.js";
import { median } from "./processes.js";
import type { Figure } from "./report.js";

async function firstResponse(data: string): Promise<number> {
  const started = performance.now();
  const platform = await up({ data });
  try {
    const response = await fetch(`${platform.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${platform.key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "assistant", messages: [{ role: "user", content: "Ready?" }], max_tokens: 8 }),
    });
    if (!response.ok) throw new Error(`the first request returned ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    return performance.now() - started;
  } finally {
    await platform.stop();
  }
}

/** `keelson up` of the starter, from the command to the first complete response. */
export async function startup(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-startup-"));
  try {
    const data = join(directory, "data");
    const first = await firstResponse(data);
    const warm = median([await firstResponse(data), await firstResponse(data), await firstResponse(data)]);
    return [
      {
        what: "`up` to first response, first start",
        measured: `${(first / 1000).toFixed(1)} s`,
        against: "limit",
        target: "< 20 s",
        met: first < 20_000,
      },
      {
        what: "`up` to first response, later start",
        measured: `${(warm / 1000).toFixed(1)} s`,
        against: "limit",
        target: "< 5 s",
        met: warm < 5000,
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
