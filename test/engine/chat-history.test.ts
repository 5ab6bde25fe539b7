import {
  ChatMLChatWrapper,
  type ChatWrapper,
  JinjaTemplateChatWrapper,
  MistralChatWrapper,
  QwenChatWrapper,
} from "node-llama-cpp";
import { describe, expect, it } from "vitest";
import type { Message } from "../../src/runtime/engine/child/inference.js";
import { historyOf } from "../../src/runtime/engine/child/llama-history.js";

/** A chat template without support for tools. */
const plain = new JinjaTemplateChatWrapper({
  template:
    "{% for message in messages %}{{ '[' + message['role'] + ']' + message['content'] + eos_token }}{% endfor %}",
});
const wrappers: readonly (readonly [string, ChatWrapper])[] = [
  ["Qwen", new QwenChatWrapper()],
  ["Mistral", new MistralChatWrapper()],
  ["ChatML", new ChatMLChatWrapper()],
  ["a template without tools", plain],
];

const render = (wrapper: ChatWrapper, messages: readonly Message[]): string =>
  wrapper.generateContextState({ chatHistory: historyOf(messages) }).contextText.toString();

describe("the turns that a chat template receives", () => {
  const conversation: readonly Message[] = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Tide and wind?" },
    {
      role: "assistant",
      content: "Let me look.",
      calls: [
        { name: "tide", arguments: '{"port":"Kiel"}', result: "high at noon" },
        { name: "wind", arguments: "", result: '{"knots":6}' },
      ],
    },
  ];

  it.each(wrappers)("contain each call and each result, in order, in the format of %s", (_name, wrapper) => {
    const text = render(wrapper, conversation);
    expect(text).toMatch(/Be brief\..*Tide and wind\?.*Let me look\..*tide.*"port": "Kiel".*wind/s);
    expect(text).toContain("high at noon");
    // An object is serialised once: its text is not quoted again.
    expect(text).toContain('{"knots": 6}');
  });

  it("let the model continue its turn after results, and start a new one after any other message", () => {
    const assistant = (content: string): Message => ({ role: "assistant", content, calls: [] });
    expect(historyOf(conversation)).toHaveLength(3);
    expect(historyOf([...conversation, assistant("At noon.")]).slice(2)).toMatchObject([
      { type: "model", response: ["Let me look.", { name: "tide" }, { name: "wind" }, "At noon."] },
      { type: "model", response: [] },
    ]);
    expect(historyOf([{ role: "user", content: "Ahoy" }, assistant("Ahoy")]).at(-1)).toEqual({
      type: "model",
      response: [],
    });
  });
});
