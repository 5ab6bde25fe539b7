import { formatRange, formatRate } from "../platform-file/format.js";
import type { ModelLoadInput, ServiceLoadInput, SpeedInput } from "../platform-file/schema/load.js";
import type { Scope } from "./origin.js";
import type { Arrivals, Measured, ModelLoad, ServiceLoad, Speed } from "./plan.js";

/** The declared load of a model. `scope` is the model's. */
export function planModelLoad(scope: Scope, input: ModelLoadInput | undefined): ModelLoad | undefined {
  return input && { ...arrivals(scope.at("load"), input), prompt: input.prompt, answer: input.answer };
}

/** The declared load of a service. `scope` is the service's. */
export function planServiceLoad(scope: Scope, input: ServiceLoadInput | undefined): ServiceLoad | undefined {
  if (!input) return undefined;
  const load = scope.at("load");
  const concurrency = load.pick("concurrency", input.concurrency, 1, "one request at a time is the slowest case");
  return { ...arrivals(load, input), work: input.work, concurrency };
}

function arrivals(load: Scope, { rate, burst }: Pick<ModelLoadInput, "rate" | "burst">): Arrivals {
  return {
    path: load.path,
    rate,
    burst: load.pick("burst", burst, 1, "requests of many clients are independent of each other (a Poisson process)"),
  };
}

/** The speed of an engine that is known without a measurement. */
export interface KnownSpeed {
  readonly prefill: number;
  readonly decode: { readonly min: number; readonly max: number };
}

/**
 * What is known of its engine: what the file declares is then the speed of the engine that an environment replaced by the
 * simulator. Else the model's own figures, else those of its size class. `scope` is the model's.
 */
export function planSpeed(
  scope: Scope,
  own: SpeedInput | undefined,
  sizeClass: { readonly name: string; readonly speed: SpeedInput | undefined },
  known: KnownSpeed | undefined,
): Speed {
  const speed = scope.at("speed");
  const classPath = scope.provenance.at("classes", sizeClass.name, "speed");
  const figure = <Value>(
    key: "prefill" | "decode",
    declared: Value | undefined,
    ofClass: Value | undefined,
    ofEngine: Value | undefined,
    write: (value: Value) => string,
  ): Measured<Value> | undefined => {
    if (ofEngine !== undefined) {
      speed.recordDefault(key, "the timing of the simulator", write(ofEngine));
      return { value: ofEngine, path: speed.pathOf(key) };
    }
    if (declared !== undefined) return { value: declared, path: speed.pathOf(key) };
    return ofClass === undefined ? undefined : { value: ofClass, path: classPath.pathOf(key) };
  };
  const { speed: inClass } = sizeClass;
  return {
    prefill: figure("prefill", own?.prefill?.min, inClass?.prefill?.min, known?.prefill, formatRate),
    decode: figure("decode", own?.decode, inClass?.decode, known?.decode, (value) => formatRange(value, formatRate)),
  };
}
