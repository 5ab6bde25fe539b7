import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type Cleanups, keelson, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterAll(async () => {
  for (let next = cleanups.pop(); next; next = cleanups.pop()) await next();
});

const platform = `platform: measured
services:
  gateway: { modules: [gateway, accounts, usage, dashboard], calls: [database, assistant], expose: true }
models:
  assistant: { engine: simulated, load: { rate: 1/s, prompt: 20, answer: 2 }, objectives: { latency: { p95: 10m }, firstToken: { p95: 10m } } }
stores: { database: { postgres: 17 } }
environments: { local: { provide: embedded } }
`;

it("`keelson promises` shows the latency, the first token and the load of a running platform beside what is predicted and declared", async () => {
  const cwd = workDirectory(cleanups);
  writeFileSync(join(cwd, "platform.yaml"), platform);
  const running = await up(cleanups, { cwd });
  const headers = { authorization: `Bearer ${await running.key()}`, "content-type": "application/json" };
  const body = JSON.stringify({
    model: "assistant",
    max_tokens: 2,
    stream: true,
    messages: [{ role: "user", content: "hello" }],
  });
  const send = async () =>
    (await fetch(`${running.url}/v1/chat/completions`, { method: "POST", headers, body })).text();
  for (let round = 0; round < 25; round += 1) await Promise.all([send(), send(), send(), send()]);
  const promises = async () => (await keelson(cwd, ["promises", "platform.yaml", "--data", running.data])).out;
  await expect
    .poll(promises, { timeout: 30_000 })
    .toMatch(/assistant {2}p95 within 10m promised {2}\S+ predicted ✓ {2}\S+ measured on 100 requests/);
  const sheet = await promises();
  expect(sheet).toMatch(/assistant {2}first token p95 within 10m promised .* measured on 100 requests/);
  expect(sheet).toMatch(/load of assistant {2}measured: 100 requests in 5m from \S+ \S+ UTC/);
  expect(sheet).toMatch(/rate 0\.334\/s \(1\/s declared\), burst \S+ \(1 declared/);
}, 180_000);
