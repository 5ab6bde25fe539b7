import { expect } from "vitest";
import type { TestGateway } from "./gateway.js";

/** Every path that calls a model, streamed and not. */
export const ROUTES: readonly (readonly [path: string, stream: boolean, body: object])[] = [
  ["/v1/chat/completions", false, { messages: [{ role: "user", content: "Hello" }] }],
  ["/v1/chat/completions", true, { messages: [{ role: "user", content: "Hello" }] }],
  ["/v1/completions", false, { prompt: "Hello" }],
  ["/v1/completions", true, { prompt: "Hello" }],
  ["/v1/embeddings", false, { input: "Hello" }],
  ["/api/chat", false, { messages: [{ role: "user", content: "Hello" }] }],
  ["/api/chat", true, { messages: [{ role: "user", content: "Hello" }] }],
  ["/api/generate", false, { prompt: "Hello" }],
  ["/api/generate", true, { prompt: "Hello", raw: true }],
  ["/api/embed", false, { input: "Hello" }],
];

/** The message of an error in the form of the API. */
export function errorIn(path: string, answer: string): unknown {
  const { error } = JSON.parse(answer);
  if (path.startsWith("/api/")) return error;
  expect(error).toEqual({ message: expect.any(String), type: "server_error", param: null, code: expect.any(String) });
  return error.message;
}

/** The requests of all routes at once, to the models with a name. */
export async function requestAll(gateway: TestGateway, model: string) {
  return Promise.all(
    ROUTES.map(async ([path, stream, fields], index) => {
      const answer = await gateway.post(path, { model: `${model}-${index}`, stream, ...fields });
      const text = await answer.text().catch(() => undefined);
      return { path, stream, index, answer, text };
    }),
  );
}

export async function ledger(gateway: TestGateway): Promise<readonly string[]> {
  const events = await gateway.usage.settled(ROUTES.length);
  const lines = events.map(({ status, model, operation, outputTokens }) =>
    [status, model, operation, outputTokens].join(" "),
  );
  return lines.sort();
}

export const operationOf = (path: string): string =>
  path.includes("embed") ? "embedding" : path.includes("chat") ? "chat" : "completion";
