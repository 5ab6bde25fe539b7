import type { ListedModel, TargetStatus } from "../../api/models.js";
import { count, duration, plural, rate } from "../../format.js";
import { StateDot, toneOf } from "../../shell/state-mark.js";
import styles from "./model-list.module.css";

/** Every model with its engine and the reason for it, its load and its targets. */
export function ModelList({ models }: { readonly models: readonly ListedModel[] }) {
  return (
    <ul className={styles.models}>
      {models.map((model) => (
        <li key={model.name} className={styles.model}>
          <div className={styles.head}>
            <h3 className={styles.name}>{model.name}</h3>
            {isSimulated(model) ? (
              <StateDot tone="unknown">simulated: no real answers</StateDot>
            ) : (
              <StateDot tone={toneOf(model.state)}>{model.state}</StateDot>
            )}
          </div>
          <p className={styles.reason}>
            {model.engine && <span className={styles.engine}>{model.engine}</span>}
            {withoutName(model)}
          </p>
          <Load model={model} />
        </li>
      ))}
    </ul>
  );
}

/** A ready simulator serves requests, but its answers are invented: it must not look like a ready model. */
function isSimulated({ engine, state }: ListedModel): boolean {
  return engine === "simulated" && state === "ready";
}

/** The load of a model and its targets, which only operators receive. */
function Load({ model }: { readonly model: ListedModel }) {
  const { requestsPerSecond, tokensPerSecond, queue, targets } = model;
  return (
    <>
      <dl className={styles.figures}>
        {requestsPerSecond !== undefined && <Figure name="requests/s" value={rate(requestsPerSecond)} />}
        {tokensPerSecond !== undefined && <Figure name="tokens/s" value={rate(tokensPerSecond)} />}
        {queue && <Figure name="queue" value={`${count(queue.waiting)} of ${count(queue.limit)}`} />}
      </dl>
      {targets && targets.length > 0 && (
        <ul className={styles.targets} aria-label={`Targets of ${model.name}`}>
          {targets.map((target) => (
            <TargetLine key={target.id} target={target} />
          ))}
        </ul>
      )}
      {targets?.length === 0 && <p className={styles.none}>No target is available.</p>}
    </>
  );
}

/** Removes the engine's name from the start of the reason: it is shown before it. */
function withoutName({ engine, reason }: ListedModel): string {
  const prefix = `${engine}: `;
  return reason?.startsWith(prefix) ? reason.slice(prefix.length) : (reason ?? "");
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function TargetLine({ target }: { readonly target: TargetStatus }) {
  const { id, engine, state, inFlight, ewmaMs, errors } = target;
  const facts = [
    engine,
    `${count(inFlight)} in flight`,
    ewmaMs === null || ewmaMs === undefined || ewmaMs === 0 ? undefined : `${duration(ewmaMs)} mean`,
    errors > 0 ? plural(errors, "error") : undefined,
  ];
  return (
    <li className={styles.target}>
      <StateDot tone={toneOf(state)}>{id}</StateDot>
      <span className={styles.facts}>
        {state === "ready" ? "" : `${state} · `}
        {facts.filter((fact) => fact !== undefined).join(" · ")}
      </span>
    </li>
  );
}
