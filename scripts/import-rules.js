// The import rules, read from the table in docs/architecture.md: `node scripts/import-rules.js` prints every violation.
// The page, `npm run lint` and test/plan/imports.test.ts share this one source.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @typedef {{ readonly name: string; readonly layer: string; readonly mayImport: readonly string[] }} Room
 * @typedef {ReadonlyMap<string, readonly string[]>} Imports from a file to the files that it imports, relative to the folder that was read
 */

/** The rooms of `src/` by name: their layer and the rooms that they may import besides themselves. @returns {ReadonlyMap<string, Room>} */
export function readRooms() {
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const rows = [...page.matchAll(/^\| `src\/([\w.-]+)` \|.*\| (core|edge|entry) \| (.+) \|$/gm)];
  const core = rows.flatMap(([, name = "", layer]) => (layer === "core" ? [name] : []));
  return new Map(
    rows.map(([, name = "", layer = "", allowed = ""]) => {
      const mayImport = allowed === "nothing of ours" ? [] : allowed.split(", ");
      return [name, { name, layer, mayImport: mayImport.flatMap((each) => (each === "core" ? core : [each])) }];
    }),
  );
}

/**
 * Every import of the files below `folder`: types and dynamic imports included, or (`atLoad`) only what is loaded together
 * with the file. @param {string} folder @param {"all" | "atLoad"} which @returns {Imports}
 */
export function readImports(folder, which = "all") {
  return new Map(
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => {
        const source = readFileSync(join(root, folder, name), "utf8");
        const text = which === "all" ? source : source.replace(/^import type [^;]*;$|\bimport\("[^"]*"\)/gm, "");
        const local = [
          ...text.matchAll(/^(?:import|export)\s[^;]*?from "(\.[^"]+)\.js";/gm),
          ...text.matchAll(/\bimport\("(\.[^"]+)\.js"\)/g),
        ].map(([, path]) => normalize(join(dirname(name), `${path}.ts`)));
        const builtIn = [...text.matchAll(/\bfrom "(node:[^"]+)"/g)].map(([, name = ""]) => name);
        return [name, [...local, ...builtIn]];
      }),
  );
}

/** Hashes and compression: functions of their input. */
const PURE_NODE_MODULES = ["node:crypto", "node:zlib"];

/** Every import of `src/` that the table forbids, one line each. @param {Imports} imports @param {ReadonlyMap<string, Room>} rooms @returns {string[]} */
export function violations(imports = readImports("src"), rooms = readRooms()) {
  return [...imports].flatMap(([file, targets]) =>
    targets.flatMap((target) => {
      const room = rooms.get(roomOf(file));
      if (!room) return [`src/${file} is in a folder that the table in docs/architecture.md lacks`];
      if (target.startsWith("node:"))
        return room.layer === "core" && !PURE_NODE_MODULES.includes(target)
          ? [`src/${file} imports ${target}: ${room.name} is pure (no I/O, no clock, no processes)`]
          : [];
      const other = roomOf(target);
      if (other === room.name || room.mayImport.includes(other) || room.mayImport.includes("everything")) return [];
      return [
        `src/${file} imports src/${target}: ${room.name} may import ${room.mayImport.join(", ") || "nothing of ours"}`,
      ];
    }),
  );
}

/** @param {string} file @returns {string} */
export function roomOf(file) {
  return file.split("/")[0] ?? "";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = violations();
  for (const line of found) process.stderr.write(`${line}\n`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
