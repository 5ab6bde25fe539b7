import { NumberInput, Select, Textarea } from "@mantine/core";
import type { ListedModel } from "../../api/models.js";
import styles from "./playground.module.css";
import type { Settings } from "./settings.js";

interface PlaygroundSettingsProps {
  readonly models: readonly ListedModel[];
  readonly model: ListedModel | undefined;
  readonly settings: Settings;
  readonly onChange: (patch: Partial<Settings>) => void;
}

/** The model and the parameters of its requests. */
export function PlaygroundSettings({ models, model, settings, onChange }: PlaygroundSettingsProps) {
  return (
    <details className={styles.settings}>
      <summary>Model and settings{model ? `: ${model.name}` : ""}</summary>
      <div className={styles.fields}>
        <Select
          label="Model"
          className={styles.wide}
          data={models.map(({ name, embeddings }) => ({
            value: name,
            label: embeddings ? `${name} (embeddings)` : name,
          }))}
          value={model?.name ?? null}
          onChange={(name) => onChange({ model: name })}
          allowDeselect={false}
        />
        {!model?.embeddings && (
          <>
            <NumberInput
              label="Max tokens"
              min={1}
              max={8192}
              step={64}
              value={settings.maxTokens}
              onChange={(value) => onChange({ maxTokens: Number(value) || 1 })}
            />
            <NumberInput
              label="Temperature"
              min={0}
              max={2}
              step={0.1}
              value={settings.temperature}
              onChange={(value) => onChange({ temperature: Number(value) })}
            />
            <NumberInput
              label="Top-p"
              placeholder="default"
              min={0}
              max={1}
              step={0.05}
              value={settings.topP ?? ""}
              onChange={(value) => onChange({ topP: optional(value) })}
            />
            <NumberInput
              label="Seed"
              placeholder="random"
              min={0}
              step={1}
              allowDecimal={false}
              value={settings.seed ?? ""}
              onChange={(value) => onChange({ seed: optional(value) })}
            />
            <Textarea
              label="Stop sequences, one per line"
              className={styles.wide}
              autosize
              minRows={1}
              maxRows={4}
              value={settings.stop}
              onChange={(event) => onChange({ stop: event.currentTarget.value })}
            />
            <Textarea
              label="System prompt"
              className={styles.system}
              autosize
              minRows={1}
              maxRows={5}
              value={settings.system}
              onChange={(event) => onChange({ system: event.currentTarget.value })}
            />
          </>
        )}
      </div>
    </details>
  );
}

function optional(value: string | number): number | null {
  return value === "" ? null : Number(value);
}
