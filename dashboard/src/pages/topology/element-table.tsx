import { Select, TextInput, UnstyledButton } from "@mantine/core";
import { useMemo } from "react";
import type { Topology, TopologyEdge, TopologyNode } from "../../api/topology.js";
import { rate } from "../../format.js";
import { Filters } from "../../shell/filters.js";
import { SearchIcon } from "../../shell/icons.js";
import { Pager } from "../../shell/pager.js";
import { StateDot, toneOf } from "../../shell/state-mark.js";
import { Empty } from "../../shell/states.js";
import { Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { pageNumber, useUrlState } from "../../shell/url-state.js";
import { kindIcons } from "./element-node.js";
import styles from "./element-table.module.css";
import { replicasText, stateWord } from "./replicas.js";

interface ElementTableProps {
  readonly topology: Topology;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

const PAGE_SIZE = 50;

/** The content of the map as a table: for phones, screen readers and exact values. */
export function ElementTable({ topology, selected, onSelect }: ElementTableProps) {
  const [parameters, setParameters] = useUrlState();
  const search = parameters.get("search") ?? "";
  const state = parameters.get("state");
  const { nodes, edges } = topology;
  const calls = useMemo(() => callsOf(edges), [edges]);
  const found = nodes.filter(
    (node) => node.id.toLowerCase().includes(search.toLowerCase()) && (state === null || stateWord(node) === state),
  );
  const pages = Math.max(1, Math.ceil(found.length / PAGE_SIZE));
  const page = Math.min(pages, pageNumber(parameters.get("page")));
  const first = (page - 1) * PAGE_SIZE;
  const rows = found.slice(first, first + PAGE_SIZE);
  const goTo = (next: number) => () => setParameters({ page: next === 1 ? undefined : String(next) });
  return (
    <>
      {nodes.length > PAGE_SIZE && (
        <Filters>
          <TextInput
            aria-label="Search components"
            placeholder="Name"
            leftSection={<SearchIcon size={16} />}
            value={search}
            onChange={(event) => setParameters({ search: event.currentTarget.value, page: undefined })}
          />
          <Select
            aria-label="State"
            placeholder="All states"
            clearable
            clearButtonProps={{ "aria-label": "All states" }}
            data={[...new Set(nodes.map(stateWord))].sort()}
            value={state}
            onChange={(value) => setParameters({ state: value ?? undefined, page: undefined })}
          />
        </Filters>
      )}
      {rows.length === 0 ? (
        <div className={styles.inner}>
          <Empty title="No component matches">Change the name or the state.</Empty>
        </div>
      ) : (
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
          {rows.map((node) => (
            <ElementRow
              key={node.id}
              node={node}
              calls={calls.get(node.id) ?? []}
              selected={node.id === selected}
              onSelect={onSelect}
            />
          ))}
        </Table>
      )}
      {nodes.length > PAGE_SIZE && (
        <Pager
          of="component"
          first={first + 1}
          shown={rows.length}
          total={found.length}
          onPrevious={page > 1 ? goTo(page - 1) : undefined}
          onNext={page < pages ? goTo(page + 1) : undefined}
        />
      )}
    </>
  );
}

function callsOf(edges: readonly TopologyEdge[]): ReadonlyMap<string, readonly TopologyEdge[]> {
  const calls = new Map<string, TopologyEdge[]>();
  for (const edge of edges) {
    const known = calls.get(edge.from);
    if (known) known.push(edge);
    else calls.set(edge.from, [edge]);
  }
  return calls;
}

interface ElementRowProps {
  readonly node: TopologyNode;
  readonly calls: readonly TopologyEdge[];
  readonly selected: boolean;
  readonly onSelect: (id: string | undefined) => void;
}

/** Calls that a row names; the details of the component name more. */
const MAX_NAMED_CALLS = 6;

function ElementRow({ node, calls, selected, onSelect }: ElementRowProps) {
  const Picture = kindIcons[node.kind];
  const { replicas } = node;
  // A unit whose only module has its name says nothing new.
  const details = node.detail.filter(({ value }) => value !== node.id);
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
          <Name>{node.id}</Name>
          {node.kind !== "outside" && <span className={styles.kind}>{node.kind}</span>}
        </UnstyledButton>
      </th>
      <td data-label="State">
        <StateDot tone={node.kind === "outside" ? "quiet" : toneOf(node.state)}>{stateWord(node)}</StateDot>
      </td>
      <td className={table.figure} data-label="Ready" data-empty={replicas === null || undefined}>
        <span>
          {replicas ? replicasText(replicas) : <span className={table.soft}>–</span>}
          {replicas && replicas.most > replicas.want && <span className={table.soft}> up to {replicas.most}</span>}
        </span>
      </td>
      <td className={table.figure} data-label="Requests/s" data-empty={node.rate === null || undefined}>
        {node.rate === null ? <span className={table.soft}>–</span> : rate(node.rate)}
      </td>
      <td data-label="Calls" data-empty={calls.length === 0 || undefined}>
        {calls.length === 0 ? <span className={table.soft}>–</span> : <span>{callsText(calls)}</span>}
      </td>
      <td className={table.soft} data-label="Details" data-empty={details.length === 0 || undefined}>
        <span>{details.map(({ name, value }) => `${name}: ${value}`).join(" · ")}</span>
      </td>
    </tr>
  );
}

function callsText(calls: readonly TopologyEdge[]): string {
  const named = calls.slice(0, MAX_NAMED_CALLS).map(({ to, port }) => `${to}:${port}`);
  return `${named.join(", ")}${calls.length > MAX_NAMED_CALLS ? ` and ${calls.length - MAX_NAMED_CALLS} more` : ""}`;
}
