import "@xyflow/react/dist/base.css";
import { useComputedColorScheme } from "@mantine/core";
import {
  Background,
  BackgroundVariant,
  Controls,
  type FitViewOptions,
  MarkerType,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { type CSSProperties, type KeyboardEvent, useEffect, useMemo } from "react";
import type { Topology } from "../../api/topology.js";
import { rate } from "../../format.js";
import { CallEdge, type CallEdgeType } from "./call-edge.js";
import styles from "./call-graph.module.css";
import { ElementNode, type ElementNodeType } from "./element-node.js";
import { type Direction, edgeKey, layeredLayout } from "./layout.js";

interface CallGraphProps {
  readonly topology: Pick<Topology, "nodes" | "edges">;
  readonly direction: Direction;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

const nodeTypes = { element: ElementNode };
const edgeTypes = { call: CallEdge };
const size = { right: { width: 160, height: 74 }, down: { width: 150, height: 74 } };

/** The call graph in layers from the entrances to the stores. */
export function CallGraph({ topology, direction, selected, onSelect }: CallGraphProps) {
  const scheme = useComputedColorScheme("light");
  const box = size[direction];
  // The layout changes only with the graph, not with its metrics.
  const shape = JSON.stringify([topology.nodes.map(({ id }) => id), topology.edges.map(({ from, to }) => [from, to])]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` is what the layout depends on
  const { points, waypoints, width, height } = useMemo(
    () => layeredLayout(topology, box, direction, direction === "down" ? 2 : undefined),
    [shape, direction],
  );

  const nodes = topology.nodes.map(
    (element): ElementNodeType => ({
      id: element.id,
      type: "element",
      position: points.get(element.id) ?? { x: 0, y: 0 },
      width: box.width,
      height: box.height,
      data: { element, direction },
      selected: element.id === selected,
      draggable: false,
      connectable: false,
      ariaRole: "button",
      domAttributes: { "aria-pressed": element.id === selected },
    }),
  );
  const edges = topology.edges.map(
    ({ from, to, port, rate: calls, protocol }): CallEdgeType => ({
      id: `${from}→${to}:${port}`,
      source: from,
      target: to,
      type: "call",
      data: { waypoints: waypoints.get(edgeKey(from, to)) ?? [], direction },
      focusable: false,
      selectable: false,
      animated: calls !== null && calls > 0,
      className: `${styles.edge} ${selected === from || selected === to ? styles.near : ""}`,
      markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: "var(--line-strong)" },
      ariaLabel: `${from} calls ${to} on port ${port} (${protocol})`,
      ...(calls !== null && calls > 0 ? { label: `${rate(calls)}/s` } : {}),
    }),
  );

  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    const id = event.target instanceof Element && event.target.closest(".react-flow__node")?.getAttribute("data-id");
    if (!id) return;
    event.preventDefault();
    onSelect(id === selected ? undefined : id);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the nodes within are the buttons; the map only receives their keys
    <div className={styles.map} style={mapSize(width, height, direction)} onKeyDown={onKey}>
      <ReactFlowProvider>
        <ReactFlow
          key={`${direction} ${shape}`}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={scheme}
          fitView
          fitViewOptions={fitOptions(direction)}
          minZoom={0.3}
          maxZoom={1.6}
          nodesConnectable={false}
          nodesDraggable={false}
          edgesFocusable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          panOnDrag={direction === "right"}
          zoomOnDoubleClick={false}
          deleteKeyCode={null}
          onNodeClick={(_, { id }) => onSelect(id === selected ? undefined : id)}
          onPaneClick={() => onSelect(undefined)}
        >
          <FitToWidth direction={direction} />
          <Background variant={BackgroundVariant.Dots} gap={20} size={1} color="var(--line)" />
          {direction === "right" && <Controls showInteractive={false} position="bottom-left" />}
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}

/** Fits the drawing again when the width of the map changes: the height of the map follows its width. */
function FitToWidth({ direction }: { readonly direction: Direction }) {
  const width = useStore((state) => state.width);
  const { fitView } = useReactFlow();
  useEffect(() => {
    if (width > 0) void fitView(fitOptions(direction));
  }, [width, direction, fitView]);
  return null;
}

function fitOptions(direction: Direction): FitViewOptions {
  const { x, y } = margins[direction];
  const left = direction === "right" ? x + CONTROLS_SIZE_PX : x;
  return { padding: { right: `${x - 4}px`, left: `${left - 4}px`, y: `${y - 4}px` }, maxZoom: 1 };
}

/** Padding around the drawing; on a phone there is none at the sides. */
const margins = { right: { x: 28, y: 28 }, down: { x: 12, y: 20 } };
/** Space beside the drawing for the zoom and pan buttons. */
const CONTROLS_SIZE_PX = 36;

/** The height of the drawing at its natural size, or scaled to the width if that is smaller. */
function mapSize(width: number, height: number, direction: Direction): CSSProperties {
  const { x, y } = margins[direction];
  const [wide, high] = [width + 2 * x + (direction === "right" ? CONTROLS_SIZE_PX : 0), height + 2 * y];
  const most = direction === "right" ? 640 : 1100;
  return { height: `clamp(200px, min(${high}px, 100cqw * ${(high / wide).toFixed(4)}), ${most}px)` };
}
