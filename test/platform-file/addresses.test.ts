import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/platform-file/index.js";
import { apiAddress } from "../../src/runtime/engine/address.js";

const problemsOf = (text: string): { readonly code: string; readonly message: string; readonly hint?: string }[] => {
  const read = readPlatform({ file: "test.yaml", text: `platform: test\nservices: { api: { image: a } }\n${text}` });
  return read.ok
    ? []
    : read.diagnostics.map(({ code, message, hint }) => ({ code, message, ...(hint === undefined ? {} : { hint }) }));
};

describe("an address in the platform file", () => {
  it.each([
    ["an upstream", "models: { a: { upstreams: 'https://user:pass@host/v1' } }", "secrets"],
    ["an upstream of a list", "models: { a: { upstreams: [{ url: 'https://token@host/v1' }] } }", "secrets"],
    ["a model's file", "models: { a: { source: 'https://user:pass@host/model.gguf' } }", "HF_TOKEN"],
    ["the OTLP endpoint", "observe: { otlp: 'http://user:pass@collector:4318' }", "OTEL_EXPORTER_OTLP_HEADERS"],
  ])("with credentials is refused, with the way to declare them: %s", (_name, text, hint) => {
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "spec/credentials-in-url", hint: expect.stringContaining(hint) });
    expect(JSON.stringify(problem)).not.toMatch(/pass@|token@/);
  });

  it.each(["https://host/v1/chat/completions", "https://host/v1/embeddings/"])(
    "of one operation is refused: %s",
    (url) => {
      expect(problemsOf(`models: { a: { upstreams: '${url}' } }`)).toMatchObject([
        { hint: expect.stringContaining("base address") },
      ]);
    },
  );

  it("with a fragment is refused", () => {
    expect(problemsOf("models: { a: { upstreams: 'https://host/v1#x' } }")).toHaveLength(1);
  });

  it.each([
    "http://10.0.0.7:11434",
    "https://host/api/paas/v4",
    "https://host/openai/deployments/gpt?api-version=2026-01-01",
  ])("of an upstream is accepted: %s", (url) => {
    expect(problemsOf(`models: { a: { upstreams: '${url}' } }`)).toEqual([]);
  });
});

describe("an address of another scheme", () => {
  it("may contain an @: a package and its version", () => {
    expect(problemsOf("models: { a: { source: 'pypi://some-model@1.0/weights/model.gguf' } }")).toEqual([]);
  });
});

describe("the base address of an OpenAI API", () => {
  it.each([
    ["http://host:8000", "http://host:8000", "/v1", ""],
    ["http://host:8000/", "http://host:8000", "/v1", ""],
    ["http://host/v1/", "http://host", "/v1", ""],
    ["http://host/api/paas/v4", "http://host", "/api/paas/v4", ""],
    ["http://host?key=a", "http://host", "/v1", "?key=a"],
    ["http://host/a?key=a/", "http://host", "/a", "?key=a/"],
    ["http://[::1]:8000/a//", "http://[::1]:8000", "/a", ""],
  ])("%s", (url, origin, prefix, query) => {
    expect(apiAddress(url)).toEqual({ origin, prefix, query });
  });
});
