import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Direction, Point } from "./layout.js";

export type CallEdgeType = Edge<{ way: readonly Point[]; direction: Direction }, "call">;

/** A call as a line that bends only between layers, and passes the layers on its way straight. */
export function CallEdge({ sourceX, sourceY, targetX, targetY, data, markerEnd, label }: EdgeProps<CallEdgeType>) {
  const direction = data?.direction ?? "right";
  const stops: Point[] = [{ x: sourceX, y: sourceY }, ...(data?.way ?? []), { x: targetX, y: targetY }];
  const [last = { x: 0, y: 0 }, before = last] = [stops.at(-1), stops.at(-2)];
  return (
    <BaseEdge
      path={pathThrough(stops, direction)}
      {...(markerEnd === undefined ? {} : { markerEnd })}
      {...(label === undefined
        ? {}
        : { label, labelX: (last.x * 2 + before.x) / 3, labelY: (last.y * 3 + before.y) / 4 })}
      labelBgPadding={[3, 1]}
      labelBgBorderRadius={3}
      labelShowBg
    />
  );
}

function pathThrough(stops: readonly Point[], direction: Direction): string {
  return stops
    .map((stop, index) => {
      const from = stops[index - 1];
      if (!from) return `M ${stop.x} ${stop.y}`;
      if (direction === "right") {
        const middle = (from.x + stop.x) / 2;
        return `C ${middle} ${from.y} ${middle} ${stop.y} ${stop.x} ${stop.y}`;
      }
      const middle = (from.y + stop.y) / 2;
      return `C ${from.x} ${middle} ${stop.x} ${middle} ${stop.x} ${stop.y}`;
    })
    .join(" ");
}
