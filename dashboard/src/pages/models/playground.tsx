import { ActionIcon, Button, Textarea, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useSyncExternalStore } from "react";
import { CHAT_PATH, chatBody, EMBEDDINGS_PATH } from "../../api/chat.js";
import type { ListedModel } from "../../api/models.js";
import { count, duration } from "../../format.js";
import { SendIcon, StopIcon } from "../../shell/icons.js";
import { Section } from "../../shell/page.js";
import { conversation, type Speed, type Turn } from "./conversation.js";
import { curlCommand } from "./curl.js";
import styles from "./playground.module.css";
import { PlaygroundSettings } from "./playground-settings.js";
import { parametersOf, type Settings, useSettings } from "./settings.js";

/** A conversation with one model through the platform's API, with latency and token rate. */
export function Playground({ models }: { readonly models: readonly ListedModel[] }) {
  const [settings, change] = useSettings();
  const turns = useSyncExternalStore(conversation.subscribe, conversation.turns);
  const last = turns.at(-1);
  const busy = last?.state === "waiting" || last?.state === "streaming";
  const model = chosenModel(models, settings.model);
  const { draft } = settings;

  const send = () => {
    const text = draft.trim();
    if (!model || busy || text === "") return;
    change({ draft: "" });
    void (model.embeddings
      ? conversation.embed(text, model.name)
      : conversation.send(text, settings.system, parametersOf(model.name, settings)));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <Section
      title="Playground"
      aside={
        <>
          {model && <CopyAsCurl model={model} settings={settings} turns={turns} />}
          {turns.length > 0 && (
            <Button variant="subtle" size="compact-sm" color="gray" onClick={() => conversation.clear()}>
              New conversation
            </Button>
          )}
        </>
      }
    >
      <div className={styles.playground}>
        <Conversation turns={turns} model={model} />
        <form className={styles.compose} onSubmit={submit}>
          <Textarea
            aria-label="Message"
            placeholder={
              model ? `${model.embeddings ? "Text to embed with" : "Message"} ${model.name}` : "No model is available"
            }
            autosize
            minRows={2}
            maxRows={8}
            className={styles.text}
            value={draft}
            disabled={!model}
            onChange={(event) => change({ draft: event.currentTarget.value })}
            onKeyDown={onKey}
          />
          {busy ? (
            // Two buttons, not one that changes: a click that meant "stop" must not send when the answer ends meanwhile.
            <Tooltip key="stop" label="Stop (cancels the request)">
              <ActionIcon
                type="button"
                size="xl"
                variant="filled"
                color="red.8"
                aria-label="Stop"
                onClick={() => conversation.stop()}
              >
                <StopIcon />
              </ActionIcon>
            </Tooltip>
          ) : (
            <Tooltip key="send" label="Send (Enter)">
              <ActionIcon type="submit" size="xl" variant="filled" color="sea" aria-label="Send" disabled={!model}>
                <SendIcon />
              </ActionIcon>
            </Tooltip>
          )}
        </form>
        <PlaygroundSettings models={models} model={model} settings={settings} onChange={change} />
      </div>
    </Section>
  );
}

/** The chosen model if it exists, otherwise a chat model, one that is ready first. */
function chosenModel(models: readonly ListedModel[], chosen: string | null): ListedModel | undefined {
  const chats = models.filter(({ embeddings }) => !embeddings);
  return (
    models.find(({ name }) => name === chosen) ?? chats.find(({ state }) => state === "ready") ?? chats[0] ?? models[0]
  );
}

interface CopyAsCurlProps {
  readonly model: ListedModel;
  readonly settings: Settings;
  readonly turns: readonly Turn[];
}

/** Copies the next request, or the last one if no message is written, as a command. */
function CopyAsCurl({ model, settings, turns }: CopyAsCurlProps) {
  const clipboard = useClipboard({ timeout: 2000 });
  const text = settings.draft.trim() || turns.findLast(({ role }) => role === "user")?.content || "Hello!";
  const copy = () => {
    const { origin } = window.location;
    if (model.embeddings)
      return clipboard.copy(curlCommand(origin, EMBEDDINGS_PATH, { model: model.name, input: text }));
    const system = settings.system.trim();
    const messages = [
      ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
      { role: "user" as const, content: text },
    ];
    clipboard.copy(curlCommand(origin, CHAT_PATH, chatBody({ ...parametersOf(model.name, settings), messages })));
  };
  return (
    <Button variant="subtle" size="compact-sm" color="gray" onClick={copy}>
      {clipboard.copied ? "Copied" : "Copy as curl"}
    </Button>
  );
}

function Conversation({ turns, model }: { readonly turns: readonly Turn[]; readonly model: ListedModel | undefined }) {
  const end = useRef<HTMLDivElement>(null);
  const last = turns.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls as the last answer grows
  useEffect(() => {
    const box = end.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [turns.length, last?.content]);
  return (
    <div
      className={styles.conversation}
      ref={end}
      role="log"
      aria-label="Conversation"
      aria-busy={last?.state === "streaming"}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard
      tabIndex={0}
    >
      {turns.length === 0 ? (
        <p className={styles.empty}>{emptyText(model)}</p>
      ) : (
        turns.map((turn) => <TurnView key={turn.id} turn={turn} />)
      )}
    </div>
  );
}

function emptyText(model: ListedModel | undefined): string {
  if (!model) return "The platform has no model.";
  const path = model.embeddings ? EMBEDDINGS_PATH : CHAT_PATH;
  return `Each message is a request to ${path}: it is routed and metered like any other.`;
}

function TurnView({ turn }: { readonly turn: Turn }) {
  const { role, content, state, speed, embedded, error, model } = turn;
  return (
    <article
      className={role === "user" ? styles.question : styles.answer}
      aria-label={role === "user" ? "You" : "Model"}
    >
      {content !== "" && <p className={embedded ? styles.vector : styles.content}>{content}</p>}
      {state === "waiting" && <p className={styles.waiting}>waiting for the first token …</p>}
      {state === "failed" && (
        <p className={styles.failed} role="alert">
          {error}
        </p>
      )}
      {role === "assistant" && state !== "waiting" && (
        <p className={styles.speed}>
          {model !== undefined && <span>{model}</span>}
          {state === "stopped" && <span>stopped</span>}
          {speed && <SpeedLine speed={speed} />}
          {embedded && <EmbeddedLine embedded={embedded} />}
        </p>
      )}
    </article>
  );
}

function SpeedLine({ speed }: { readonly speed: Speed }) {
  return (
    <>
      <span>{speed.tokensPerSecond.toFixed(1)} tokens/s</span>
      <span>
        {speed.counted ? "" : "≈ "}
        {count(speed.tokens)} tokens
      </span>
      <span>TTFT {duration(speed.firstToken)}</span>
      <span>{duration(speed.total)} total</span>
    </>
  );
}

function EmbeddedLine({ embedded }: { readonly embedded: NonNullable<Turn["embedded"]> }) {
  const { dimensions, inputTokens, total, similarity } = embedded;
  return (
    <>
      <span>{count(dimensions)} dimensions</span>
      <span>{count(inputTokens)} tokens</span>
      <span>{duration(total)}</span>
      {similarity !== undefined && <span>cosine similarity to the text before {similarity.toFixed(3)}</span>}
    </>
  );
}
