import { type ContainerSize, containerSizeOf } from "../modules/index.js";
import { formatBytes, formatCpu } from "../platform-file/format.js";
import type { SidecarInput } from "../platform-file/schema/services.js";
import type { PlanContext } from "./context.js";
import { readImage } from "./images.js";
import type { Scope } from "./origin.js";
import type { Image, Port, Resources } from "./plan.js";
import { GiB, MiB } from "./sizes.js";

const OTHER_IMAGE: ContainerSize = {
  cpu: { min: 100, max: 1000 },
  memory: { min: 128 * MiB, max: 512 * MiB },
  why: "a small service; adjust it to the measured usage",
};

/** Requests and limits of a container by default: by the modules that it runs, or those of any other image. */
export function defaultSize(modules: readonly string[]): ContainerSize {
  return modules.length === 0 ? OTHER_IMAGE : containerSizeOf(modules);
}

/** The declared image, otherwise the image of the platform. */
export function planImage(context: PlanContext, scope: Scope, input: string | undefined): Image {
  if (input !== undefined) return readImage(input, scope.pathOf("image"));
  context.provenance.inherit(scope.pathOf("image"), "image");
  return context.image;
}

/** Ports by name; Keelson modules listen on 8080 (a sidecar on the next one that is free). */
export function planPorts(
  scope: Scope,
  input: Pick<SidecarInput, "port" | "ports">,
  fallback: number | undefined,
): Port[] {
  if (input.port !== undefined) return [{ name: "http", number: input.port, protocol: "http" }];
  if (input.ports)
    return Object.entries(input.ports).map(([name, port]): Port => {
      const protocol = typeof port === "object" ? port.protocol : undefined;
      return {
        name,
        number: typeof port === "object" ? port.number : port,
        protocol: protocol ?? (name === "grpc" || name === "tcp" ? name : "http"),
      };
    });
  if (fallback === undefined) return [];
  scope.recordDefault("port", "the port of Keelson modules", String(fallback));
  return [{ name: "http", number: fallback, protocol: "http" }];
}

/** Requests and limits: those of the file, otherwise the given defaults. */
export function planResources(
  scope: Scope,
  input: Pick<SidecarInput, "cpu" | "memory" | "gpu" | "disk">,
  defaults: ContainerSize,
): Resources {
  const cpu = scope.range("cpu", input.cpu, defaults.cpu, defaults.why, formatCpu);
  const memory = scope.range("memory", input.memory, defaults.memory, defaults.why, formatBytes);
  return {
    cpu: { request: cpu.min, limit: cpu.max },
    memory: { request: memory.min, limit: memory.max },
    gpu: planGpu(input.gpu),
    disk: input.disk?.max,
  };
}

/** `required` is one GPU; `optional` is none, because targets need a number. */
export function planGpu(input: SidecarInput["gpu"]): Resources["gpu"] {
  if (input === "required") return { count: 1, kind: undefined };
  if (input === undefined || typeof input === "string") return { count: 0, kind: undefined };
  if (typeof input === "number") return { count: input, kind: undefined };
  return { count: input.count, kind: input.kind };
}

/** Environment variables as text. */
export function planVariables(input: SidecarInput["env"]): Record<string, string> {
  return Object.fromEntries(Object.entries(input ?? {}).map(([name, value]) => [name, String(value)]));
}

/** Size of the data directory: for the gateway's usage log or a module's temporary files. */
export const MODULE_DATA = GiB;
