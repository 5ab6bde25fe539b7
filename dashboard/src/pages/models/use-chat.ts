import { useCallback, useEffect, useRef, useState } from "react";
import { type ChatRequest, chat, type Message } from "../../api/chat.js";

/** Latency and token rate of one answer. Times in milliseconds. */
export interface Speed {
  /** From the request to the first text. */
  readonly firstToken: number;
  readonly tokens: number;
  /** True for the platform's count; false for the number of stream events (while streaming, or after a stop). */
  readonly counted: boolean;
  readonly tokensPerSecond: number;
  readonly total: number;
}

export interface Turn {
  readonly id: number;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly state: "done" | "waiting" | "streaming" | "stopped" | "failed";
  readonly speed?: Speed;
  readonly error?: Error;
}

/** The state of one conversation and its actions. */
export function useChat() {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const abort = useRef<AbortController>(undefined);
  const counter = useRef(0);

  useEffect(() => () => abort.current?.abort(), []);

  const change = useCallback((id: number, patch: Partial<Turn>) => {
    setTurns((before) => before.map((turn) => (turn.id === id ? { ...turn, ...patch } : turn)));
  }, []);

  const sendMessage = useCallback(
    async (text: string, system: string, request: Omit<ChatRequest, "messages">) => {
      const controller = new AbortController();
      abort.current = controller;
      const question: Turn = { id: counter.current++, role: "user", content: text, state: "done" };
      const answer: Turn = { id: counter.current++, role: "assistant", content: "", state: "waiting" };
      const history = turns.filter(({ content }) => content !== "");
      setTurns([...turns, question, answer]);
      const messages: Message[] = [
        ...(system.trim() === "" ? [] : [{ role: "system" as const, content: system.trim() }]),
        ...[...history, question].map(({ role, content }) => ({ role, content })),
      ];
      const started = performance.now();
      let first: number | undefined;
      let events = 0;
      let counted: number | undefined;
      let content = "";
      const speed = (): Speed => {
        const now = performance.now();
        const tokens = counted ?? events;
        // The time to the first token is prefill; the rate covers the tokens after it.
        const streaming = Math.max(1, now - (first ?? now));
        return {
          firstToken: (first ?? now) - started,
          tokens,
          counted: counted !== undefined,
          tokensPerSecond: tokens > 1 ? ((tokens - 1) / streaming) * 1000 : 0,
          total: now - started,
        };
      };
      try {
        for await (const event of chat({ ...request, messages }, controller.signal)) {
          if (event.kind === "usage") counted = event.outputTokens;
          if (event.kind !== "text") continue;
          first ??= performance.now();
          events++;
          content += event.text;
          change(answer.id, { content, state: "streaming", speed: speed() });
        }
        change(answer.id, { state: "done", speed: speed() });
      } catch (error) {
        if (controller.signal.aborted) change(answer.id, { state: "stopped", ...(first ? { speed: speed() } : {}) });
        else change(answer.id, { state: "failed", error: error instanceof Error ? error : new Error(String(error)) });
      } finally {
        if (abort.current === controller) abort.current = undefined;
      }
    },
    [turns, change],
  );

  const stop = useCallback(() => abort.current?.abort(), []);
  const clear = useCallback(() => {
    abort.current?.abort();
    setTurns([]);
  }, []);
  const last = turns.at(-1);
  return { turns, sendMessage, stop, clear, busy: last?.state === "waiting" || last?.state === "streaming" };
}
