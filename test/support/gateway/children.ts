import { readdirSync, readFileSync } from "node:fs";

/** Every process below `pid`, with its command line (Linux). */
export function descendantsOf(pid: number): { readonly pid: number; readonly command: string }[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") parents.set(Number(entry), Number(parent));
    } catch {
      // The process exited meanwhile.
    }
  }
  const below = (child: number): boolean => {
    const parent = parents.get(child);
    return parent !== undefined && parent > 0 && (parent === pid || below(parent));
  };
  return [...parents.keys()].filter(below).map((child) => ({ pid: child, command: commandOf(child) }));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
