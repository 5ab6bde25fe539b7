import { many } from "../one-or-many.js";
import {
  listedAt,
  type ReferenceContext,
  type ReferenceProblem,
  type SettingPath,
  unknownReference,
} from "./context.js";

/** `entrance` is the short form of `entrances` with one member. */
export function* checkEntranceForms({ settings }: ReferenceContext): Iterable<ReferenceProblem> {
  if (settings.entrance && settings.entrances)
    yield {
      path: ["entrance"],
      code: "spec/conflict",
      message: "both `entrance` and `entrances` are set",
      hint: "move it into `entrances`",
    };
}

/** `expose.entrance` names an entrance. */
export function* checkEntrances(context: ReferenceContext): Iterable<ReferenceProblem> {
  const known = Object.keys(context.settings.entrances ?? {});
  for (const [service, { expose }] of context.services) {
    const name = typeof expose === "object" ? expose.entrance : undefined;
    if (name === undefined || known.includes(name)) continue;
    const path: SettingPath = ["services", service, "expose", "entrance"];
    yield unknownReference(context, path, { kind: "entrance", name, known, groups: ["entrances"] });
  }
}

/** A path of an entrance routes to one service; a second service with the same path would receive no request. */
export function* checkPrefixes({ settings, services }: ReferenceContext): Iterable<ReferenceProblem> {
  const owners = new Map<string, string>();
  const [first] = Object.keys(settings.entrances ?? {});
  for (const [name, { expose }] of services) {
    const paths = typeof expose === "object" ? expose.path : typeof expose === "string" ? expose : undefined;
    const entrance = (typeof expose === "object" ? expose.entrance : undefined) ?? first;
    const at: SettingPath = ["services", name, "expose", ...(typeof expose === "object" ? ["path"] : [])];
    for (const [index, prefix] of many(paths).entries()) {
      const owner = owners.get(`${entrance} ${prefix}`);
      if (owner === undefined) owners.set(`${entrance} ${prefix}`, name);
      else
        yield {
          path: listedAt(at, index, paths),
          code: "spec/conflict",
          message: `\`${prefix}\` already routes to \`${owner}\``,
          hint: "give each service a path of its own",
        };
    }
  }
}
