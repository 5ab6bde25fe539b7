import { useState } from "react";
import { z } from "zod";
import type { ChatRequest } from "../../api/chat.js";
import { readTab, writeTab } from "../../api/tab-storage.js";

const NAME = "playground";

const settings = z.object({
  /** Null: the first model that is ready. */
  model: z.string().nullable(),
  system: z.string(),
  temperature: z.number(),
  maxTokens: z.number(),
  /** Null: the model's default. */
  topP: z.number().nullable(),
  /** Null: another answer each time. */
  seed: z.number().nullable(),
  /** Separated by line breaks. */
  stop: z.string(),
  /** A message that was not sent yet. */
  draft: z.string(),
});

export type Settings = z.infer<typeof settings>;

const DEFAULTS: Settings = {
  model: null,
  system: "",
  temperature: 0.7,
  maxTokens: 512,
  topP: null,
  seed: null,
  stop: "",
  draft: "",
};

/** The settings of the playground and the draft of a message, stored for this tab. */
export function useSettings(): readonly [Settings, (patch: Partial<Settings>) => void] {
  const [current, setCurrent] = useState<Settings>(() => readTab(NAME, settings) ?? DEFAULTS);
  const change = (patch: Partial<Settings>) =>
    setCurrent((before) => {
      const after = { ...before, ...patch };
      writeTab(NAME, after);
      return after;
    });
  return [current, change];
}

/** The parameters of a chat request. */
export function parametersOf(model: string, chosen: Settings): Omit<ChatRequest, "messages"> {
  const { temperature, maxTokens, topP, seed, stop } = chosen;
  return {
    model,
    temperature,
    maxTokens,
    topP: topP ?? undefined,
    seed: seed ?? undefined,
    stop: stop.split("\n").filter((text) => text !== ""),
  };
}
