import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { ComponentType } from "react";
import type { TopologyNode } from "../../api/topology.js";
import { rate } from "../../format.js";
import { EntranceIcon, ModelsIcon, OutsideIcon, StoreIcon, UnitIcon } from "../../shell/icons.js";
import styles from "./element-node.module.css";
import type { Direction } from "./layout.js";
import { replicasText, stateWord } from "./replicas.js";

export type ElementNodeType = Node<{ element: TopologyNode; direction: Direction }, "element">;

export const kindIcons: Readonly<Record<TopologyNode["kind"], ComponentType<{ readonly size?: number }>>> = {
  entrance: EntranceIcon,
  unit: UnitIcon,
  model: ModelsIcon,
  store: StoreIcon,
  outside: OutsideIcon,
};

/** One component in the map: kind, state, replicas, request rate. */
export function ElementNode({ data, selected }: NodeProps<ElementNodeType>) {
  const { element, direction } = data;
  const Picture = kindIcons[element.kind];
  const [before, after] = direction === "right" ? [Position.Left, Position.Right] : [Position.Top, Position.Bottom];
  return (
    <div className={styles.node} data-state={element.state} data-selected={selected || undefined}>
      <Handle type="target" position={before} isConnectable={false} className={styles.handle} />
      <div className={styles.head}>
        <span className={styles.picture}>
          <Picture size={16} />
        </span>
        <span className={styles.name} title={element.id}>
          {element.id}
        </span>
      </div>
      <div className={styles.state}>{stateWord(element)}</div>
      <div className={styles.figures}>
        <Pips element={element} />
        <span>{element.rate === null ? "" : `${rate(element.rate)}/s`}</span>
      </div>
      <Handle type="source" position={after} isConnectable={false} className={styles.handle} />
    </div>
  );
}

const MAX_PIPS = 6;

/** Replicas as a row of bars, up to `MAX_PIPS`. */
function Pips({ element: { replicas } }: { readonly element: TopologyNode }) {
  if (!replicas) return <span />;
  const bars = Math.max(replicas.want, replicas.ready ?? 0);
  if (replicas.ready === null || bars > MAX_PIPS || bars === 0) return <span>{replicasText(replicas)}</span>;
  const ready = replicas.ready;
  return (
    <span className={styles.pips}>
      {Array.from({ length: bars }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are identical and never reordered
        <i key={index} data-ready={index < ready || undefined} />
      ))}
      <span>{replicasText(replicas)}</span>
    </span>
  );
}
