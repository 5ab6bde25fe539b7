import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Direction, Point } from "./layout.js";

export type CallEdgeType = Edge<{ waypoints: readonly Point[]; direction: Direction }, "call">;

/** A call as a line that is curved between layers and straight across them. */
export function CallEdge({ sourceX, sourceY, targetX, targetY, data, markerEnd, label }: EdgeProps<CallEdgeType>) {
  const direction = data?.direction ?? "right";
  const points: Point[] = [{ x: sourceX, y: sourceY }, ...(data?.waypoints ?? []), { x: targetX, y: targetY }];
  const [last = { x: 0, y: 0 }, before = last] = [points.at(-1), points.at(-2)];
  return (
    <BaseEdge
      path={pathThrough(points, direction)}
      {...(markerEnd === undefined ? {} : { markerEnd })}
      {...(label === undefined ? {} : { label, labelX: (last.x + before.x) / 2, labelY: (last.y + before.y) / 2 })}
      labelBgPadding={[3, 1]}
      labelBgBorderRadius={3}
      labelShowBg
    />
  );
}

function pathThrough(points: readonly Point[], direction: Direction): string {
  return points
    .map((point, index) => {
      const from = points[index - 1];
      if (!from) return `M ${point.x} ${point.y}`;
      if (direction === "right") {
        const middle = (from.x + point.x) / 2;
        return `C ${middle} ${from.y} ${middle} ${point.y} ${point.x} ${point.y}`;
      }
      const middle = (from.y + point.y) / 2;
      return `C ${from.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    })
    .join(" ");
}
