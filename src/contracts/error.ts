import { z } from "zod";

/** The body of every failed request of the admin API, of the modules' internal APIs and of the control socket. */
export const errorDocument = z
  .object({
    error: z.object({
      code: z
        .string()
        .meta({ description: "Stable identifier of the error, such as `key/unknown`.", example: "key/unknown" }),
      message: z.string(),
      hint: z.string().optional().meta({ description: "How to resolve the error." }),
      param: z.string().optional().meta({ description: "Path of the invalid field.", example: "scopes[0]" }),
    }),
  })
  .meta({ id: "Error" });

export type ErrorDocument = z.infer<typeof errorDocument>;

/** Details of an error as a client receives them. The model APIs omit `hint`, and their `code` may be null. */
export interface ReceivedError {
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
}

const received = z.object({
  error: z.object({ code: z.string().nullish(), message: z.string(), hint: z.string().nullish() }),
});

/** Reads the error out of a response body of the admin API or of the OpenAI API. Undefined if the body contains none. */
export function readError(body: string): ReceivedError | undefined {
  const parsed = received.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const { code, message, hint } = parsed.data.error;
  return { code: code ?? undefined, message, hint: hint ?? undefined };
}

/** Parses JSON. Undefined for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
