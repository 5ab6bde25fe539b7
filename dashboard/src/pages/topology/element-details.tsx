import { UnstyledButton } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Topology, TopologyNode } from "../../api/topology.js";
import { rate } from "../../format.js";
import { StateDot, toneOf } from "../../shell/state-mark.js";
import styles from "./element-details.module.css";
import { replicasText, stateWord } from "./replicas.js";

interface ElementDetailsProps {
  readonly node: TopologyNode;
  readonly topology: Topology;
  readonly onSelect: (id: string) => void;
}

/** Everything that is known about one component, with links to its neighbours and its promises. */
export function ElementDetails({ node, topology, onSelect }: ElementDetailsProps) {
  const calls = topology.edges.filter(({ from }) => from === node.id);
  const callers = topology.edges.filter(({ to }) => to === node.id);
  const { replicas } = node;
  return (
    <>
      <dl className={styles.facts}>
        <Fact name="State">
          <StateDot tone={node.kind === "outside" ? "quiet" : toneOf(node.state)}>{stateWord(node)}</StateDot>
        </Fact>
        {replicas && (
          <Fact name="Ready replicas">
            {replicasText(replicas)}
            {replicas.most > replicas.want && ` (up to ${replicas.most})`}
          </Fact>
        )}
        {node.rate !== null && <Fact name="Requests per second">{rate(node.rate)}</Fact>}
        {node.detail.map(({ name, value }) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
        {callers.length > 0 && (
          <Fact name="Called by">
            <Names ids={callers.map(({ from }) => from)} onSelect={onSelect} />
          </Fact>
        )}
        {calls.length > 0 && (
          <Fact name="Calls">
            <Names ids={calls.map(({ to }) => to)} onSelect={onSelect} />
          </Fact>
        )}
      </dl>
      {node.kind !== "outside" && node.kind !== "entrance" && (
        <p className={styles.links}>
          <Link to={`/promises?subject=${encodeURIComponent(node.id)}`}>Promises of {node.id}</Link>
          <span>
            Logs: <code>keelson logs {node.id}</code>
          </span>
        </p>
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const MAX_NAMES = 30;

function Names({ ids, onSelect }: { readonly ids: readonly string[]; readonly onSelect: (id: string) => void }) {
  const different = [...new Set(ids)];
  return (
    <span className={styles.names}>
      {different.slice(0, MAX_NAMES).map((id) => (
        <UnstyledButton key={id} className={styles.name} onClick={() => onSelect(id)}>
          {id}
        </UnstyledButton>
      ))}
      {different.length > MAX_NAMES && <span>and {different.length - MAX_NAMES} more</span>}
    </span>
  );
}
