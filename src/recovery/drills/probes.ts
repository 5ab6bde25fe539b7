import { z } from "zod";
import { descriptorsOf, ENTRY_MODULE } from "../../modules/index.js";
import type { Plan, Unit } from "../../plan/plan.js";

/** A request that succeeds only if its element works. */
export interface Probe {
  /** The plan's element that it measures. */
  readonly subject: string;
  /** The unit whose address receives it. */
  readonly unit: string;
  readonly path: string;
  readonly as: "client" | "operator";
  readonly accept: string;
  /** Sent as JSON with POST; undefined: GET. */
  readonly body: object | undefined;
  /** What a correct response contains: a status 200 alone proves nothing. */
  readonly answer: Answer;
}

/** The content of a response: a completion, an embedding, a document of the admin API, a page. */
export type Answer = "chat" | "embedding" | "json" | "page";

const schemas = {
  chat: z.object({
    choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
    usage: z.object({ completion_tokens: z.number() }),
  }),
  embedding: z.object({ data: z.array(z.object({ embedding: z.array(z.number()).min(1) })).min(1) }),
  json: z.object({ error: z.undefined().optional() }).loose(),
} as const satisfies Record<Exclude<Answer, "page">, z.ZodType>;

/** Whether the body of a response with status 200 is the answer that was requested. An error in a 200 is none. */
export function isAnswer(answer: Answer, text: string): boolean {
  if (answer === "page") return /<html[\s>]/i.test(text);
  try {
    return schemas[answer].safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/**
 * A probe for each element that serves requests and that chat requests to `model` do not reach. An element without
 * requests has no measurement: that its process runs again proves nothing.
 */
export function probesOf(plan: Plan, model: string): Probe[] {
  const gateway = plan.units.find(({ modules }) => modules.includes(ENTRY_MODULE));
  const modules = plan.units.flatMap((unit) => (unit === gateway ? [] : moduleProbe(unit)));
  const models = plan.models.flatMap(({ name, unit, embeddings }): Probe[] => {
    if (gateway === undefined || name === model) return [];
    const request = embeddings
      ? { path: "/v1/embeddings", body: { model: name, input: "drill" }, answer: "embedding" as const }
      : {
          path: "/v1/chat/completions",
          body: { model: name, max_tokens: 1, messages: [{ role: "user", content: "drill" }] },
          answer: "chat" as const,
        };
    return [{ subject: unit ?? name, unit: gateway.name, as: "client", accept: "application/json", ...request }];
  });
  return [...modules, ...models];
}

function moduleProbe(unit: Unit): Probe[] {
  const probe = descriptorsOf(unit.modules).find((module) => module.probe !== undefined)?.probe;
  if (probe === undefined) return [];
  const answer = probe.accept === "application/json" ? "json" : "page";
  return [{ subject: unit.name, unit: unit.name, body: undefined, answer, ...probe }];
}
