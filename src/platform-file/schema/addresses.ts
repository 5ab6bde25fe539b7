import { z } from "zod";

/**
 * Refuses an address with credentials: the file and everything that is rendered from it are readable by many. `hint`: how they are
 * declared instead.
 */
export function withoutUrlCredentials(hint: string): z.core.CheckFn<string> {
  return (context) => {
    const url = parse(context.value);
    if (url === undefined || (url.username === "" && url.password === "")) return;
    context.issues.push({
      code: "custom",
      message: "an address must not contain credentials",
      params: { code: "spec/credentials-in-url", hint },
      input: url.origin,
    });
  };
}

/** The address of an HTTP server. `hint`: how its credentials are declared. */
export function serverUrl(hint: string) {
  return z.url({ protocol: /^https?$/ }).check(withoutUrlCredentials(hint), (context) => {
    if ((parse(context.value)?.hash ?? "") === "") return;
    context.issues.push({
      code: "custom",
      message: "an address must not contain a fragment (`#…`), which is never sent",
      input: context.value,
    });
  });
}

/** Of other schemes an `@` means something else: `pypi://PACKAGE@VERSION/…`. */
function parse(text: string): URL | undefined {
  return /^https?:/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

const OPERATION = /\/(?:chat\/completions|completions|embeddings|responses|models)\/?$/;

/** The base address of an OpenAI-compatible server. */
export const openAiUrl = serverUrl(
  "declare the key under `secrets` and refer to it: upstreams: [{ url: …, key: SECRET/KEY }]",
).check((context) => {
  if (!OPERATION.test(parse(context.value)?.pathname ?? "")) return;
  context.issues.push({
    code: "custom",
    message: "this is the address of one operation of the API",
    params: { hint: "write the base address, such as https://host/v1" },
    input: context.value,
  });
});
