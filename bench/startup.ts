import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { up } from "./platform.js";
import { median } from "./processes.js";
import type { Figure } from "./report.js";

async function firstAnswer(data: string): Promise<number> {
  const started = performance.now();
  const platform = await up({ data });
  try {
    const answer = await fetch(`${platform.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${platform.key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "assistant", messages: [{ role: "user", content: "Ready?" }], max_tokens: 8 }),
    });
    if (!answer.ok) throw new Error(`the first request was answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
    return performance.now() - started;
  } finally {
    await platform.stop();
  }
}

/** `keelson up` of the starter, from the command to its first answered request. */
export async function startup(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-startup-"));
  try {
    const data = join(directory, "data");
    const first = await firstAnswer(data);
    const warm = median([await firstAnswer(data), await firstAnswer(data), await firstAnswer(data)]);
    return [
      {
        what: "`up` to first answer, first time",
        measured: `${(first / 1000).toFixed(1)} s`,
        against: "limit",
        target: "< 20 s",
        met: first < 20_000,
      },
      {
        what: "`up` to first answer, warm",
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
