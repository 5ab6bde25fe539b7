import { ActionIcon, Button, NumberInput, Select, Textarea, Tooltip } from "@mantine/core";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "../../api/client.js";
import type { ListedModel } from "../../api/models.js";
import { count, duration } from "../../format.js";
import { SendIcon, StopIcon } from "../../shell/icons.js";
import { Section } from "../../shell/page.js";
import styles from "./playground.module.css";
import { type Speed, type Turn, useChat } from "./use-chat.js";

/** A conversation with one model through the platform's API, with latency and token rate. */
export function Playground({ models }: { readonly models: readonly ListedModel[] }) {
  const chatModels = models.filter(({ embeddings }) => !embeddings);
  const [chosen, setChosen] = useState<string | null>(null);
  const [system, setSystem] = useState("");
  const [temperature, setTemperature] = useState<number>(0.7);
  const [maxTokens, setMaxTokens] = useState<number>(512);
  const [text, setText] = useState("");
  const { turns, sendMessage, stop, clear, busy } = useChat();
  const model =
    chatModels.find(({ name }) => name === chosen) ??
    chatModels.find(({ state }) => state === "ready") ??
    chatModels[0];

  const send = () => {
    if (!model || busy || text.trim() === "") return;
    void sendMessage(text.trim(), system, { model: model.name, temperature, maxTokens });
    setText("");
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
        <Button variant="subtle" size="compact-sm" color="gray" onClick={clear} disabled={turns.length === 0}>
          New conversation
        </Button>
      }
    >
      <div className={styles.playground}>
        <Conversation turns={turns} model={model?.name} />
        <form className={styles.compose} onSubmit={submit}>
          <Textarea
            aria-label="Message"
            placeholder={model ? `Message ${model.name}` : "No model is available"}
            autosize
            minRows={2}
            maxRows={8}
            className={styles.text}
            value={text}
            disabled={!model}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKey}
          />
          {busy ? (
            <Tooltip label="Stop (cancels the request)">
              <ActionIcon type="button" size="xl" variant="filled" color="red.8" aria-label="Stop" onClick={stop}>
                <StopIcon />
              </ActionIcon>
            </Tooltip>
          ) : (
            <Tooltip label="Send (Enter)">
              <ActionIcon type="submit" size="xl" variant="filled" color="sea" aria-label="Send" disabled={!model}>
                <SendIcon />
              </ActionIcon>
            </Tooltip>
          )}
        </form>
        <details className={styles.settings}>
          <summary>Model and settings{model ? `: ${model.name}` : ""}</summary>
          <div className={styles.fields}>
            <Select
              label="Model"
              data={chatModels.map(({ name }) => name)}
              value={model?.name ?? null}
              onChange={setChosen}
              allowDeselect={false}
            />
            <NumberInput
              label="Temperature"
              min={0}
              max={2}
              step={0.1}
              value={temperature}
              onChange={(value) => setTemperature(Number(value))}
            />
            <NumberInput
              label="Max tokens"
              min={1}
              max={8192}
              step={64}
              value={maxTokens}
              onChange={(value) => setMaxTokens(Number(value) || 1)}
            />
            <Textarea
              label="System prompt"
              className={styles.system}
              autosize
              minRows={1}
              maxRows={5}
              value={system}
              onChange={(event) => setSystem(event.currentTarget.value)}
            />
          </div>
        </details>
      </div>
    </Section>
  );
}

function Conversation({ turns, model }: { readonly turns: readonly Turn[]; readonly model: string | undefined }) {
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
        <p className={styles.empty}>
          {model
            ? "Each message is a request to /v1/chat/completions: it is routed and metered like any other."
            : "No model accepts chat requests. The list of models shows the reason."}
        </p>
      ) : (
        turns.map((turn) => <TurnView key={turn.id} turn={turn} />)
      )}
    </div>
  );
}

function TurnView({ turn }: { readonly turn: Turn }) {
  const { role, content, state, speed, error } = turn;
  return (
    <article
      className={role === "user" ? styles.question : styles.answer}
      aria-label={role === "user" ? "You" : "Model"}
    >
      {content !== "" && <p className={styles.content}>{content}</p>}
      {state === "waiting" && <p className={styles.waiting}>waiting for the first token …</p>}
      {state === "failed" && (
        <p className={styles.failed} role="alert">
          {error?.message} {error instanceof ApiError ? error.hint : ""}
        </p>
      )}
      {role === "assistant" && (speed || state === "stopped") && (
        <p className={styles.speed}>
          {state === "stopped" && <span>stopped</span>}
          {speed && <SpeedLine speed={speed} />}
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
