import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bodies below this size are too small to delay other requests for. */
const LARGE_BYTES = 1024 * 1024;
/** Memory of released bodies that is worth a collection, which stops the process for some ten milliseconds. */
const MUCH_BYTES = 64 * 1024 * 1024;

/**
 * Returns the memory of large bodies to the system. V8 collects buffers when more memory is allocated: a process that has nothing to do
 * after a burst of large bodies would keep all of it.
 */
export class BodyGarbage {
  #bytes = 0;
  #collect: (() => void) | undefined;

  released(bytes: number): void {
    if (bytes >= LARGE_BYTES) this.#bytes += bytes;
  }

  /** Collects if more was released than is in use. Called once a second. */
  sweep(usedBytes: number): void {
    if (this.#bytes < MUCH_BYTES || this.#bytes < usedBytes) return;
    this.#bytes = 0;
    this.#collect ??= collector();
    this.#collect();
  }
}

/** The function that Node.js exposes with `--expose-gc`. The flag has to be set before a context is created. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return () => {
    if (typeof collect === "function") Reflect.apply(collect, undefined, []);
  };
}
