import { UnstyledButton } from "@mantine/core";
import type { Topology, TopologyNode } from "../../api/topology.js";
import { rate } from "../../format.js";
import { StateDot, toneOf } from "../../shell/state-mark.js";
import { Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { kindIcons } from "./element-node.js";
import styles from "./element-table.module.css";
import { replicasText, stateWord } from "./replicas.js";

interface ElementTableProps {
  readonly topology: Topology;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

/** The content of the map as a table: for phones, screen readers and exact values. */
export function ElementTable({ topology, selected, onSelect }: ElementTableProps) {
  return (
    <Table
      columns={[
        "Component",
        "State",
        { name: "Ready", figure: true },
        { name: "Requests/s", figure: true },
        "Calls",
        "Details",
      ]}
    >
      {topology.nodes.map((node) => (
        <ElementRow key={node.id} node={node} topology={topology} selected={node.id === selected} onSelect={onSelect} />
      ))}
    </Table>
  );
}

interface ElementRowProps {
  readonly node: TopologyNode;
  readonly topology: Topology;
  readonly selected: boolean;
  readonly onSelect: (id: string | undefined) => void;
}

function ElementRow({ node, topology, selected, onSelect }: ElementRowProps) {
  const Picture = kindIcons[node.kind];
  const calls = topology.edges.filter(({ from }) => from === node.id);
  const { replicas } = node;
  return (
    <tr className={selected ? styles.selected : undefined}>
      <th scope="row">
        <UnstyledButton
          className={styles.name}
          aria-pressed={selected}
          onClick={() => onSelect(selected ? undefined : node.id)}
        >
          <span className={styles.picture}>
            <Picture size={16} />
          </span>
          {node.id}
          {node.kind !== "outside" && <span className={styles.kind}>{node.kind}</span>}
        </UnstyledButton>
      </th>
      <td data-label="State">
        <StateDot tone={node.kind === "outside" ? "quiet" : toneOf(node.state)}>{stateWord(node)}</StateDot>
      </td>
      <td className={table.figure} data-label="Ready" data-empty={replicas === null || undefined}>
        {replicas ? replicasText(replicas) : <span className={table.soft}>–</span>}
        {replicas && replicas.most > replicas.want && <span className={table.soft}> up to {replicas.most}</span>}
      </td>
      <td className={table.figure} data-label="Requests/s" data-empty={node.rate === null || undefined}>
        {node.rate === null ? <span className={table.soft}>–</span> : rate(node.rate)}
      </td>
      <td data-label="Calls" data-empty={calls.length === 0 || undefined}>
        {calls.length === 0 ? (
          <span className={table.soft}>–</span>
        ) : (
          <span>{calls.map(({ to, port }) => `${to}:${port}`).join(", ")}</span>
        )}
      </td>
      <td className={table.soft} data-label="Details" data-empty={node.detail.length === 0 || undefined}>
        <span>{node.detail.map(({ name, value }) => `${name} ${value}`).join(" · ")}</span>
      </td>
    </tr>
  );
}
