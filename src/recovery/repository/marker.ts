import { randomBytes } from "node:crypto";
import { z } from "zod";
import { writeAtomically } from "../../disk/atomic-file.js";
import { readIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { BackupCodec } from "../backup-codec.js";
import type { Repository } from "./repository.js";
import { readSigned, writeSigned } from "./signed-object.js";

/**
 * The marker of a database in a repository, as pgBackRest's `archive.info`. A backup disk that is not mounted leaves an empty
 * directory in its place, and everything written there is missing once the disk is back. So a platform remembers the
 * marker of its repository, and writes nothing where that marker is not.
 */
const markerSchema = z.object({ marker: z.string(), system: z.string() });

const rememberedSchema = markerSchema.extend({ place: z.string() });

/** The repository that a database has used last, by its `memory`; undefined before the first use. */
export async function rememberedRepository(memory: string): Promise<z.infer<typeof rememberedSchema> | undefined> {
  const text = await readIfPresent(memory);
  return text === undefined ? undefined : rememberedSchema.parse(JSON.parse(text));
}

export class RepositoryMarker {
  readonly #repository: Repository;
  readonly #codec: BackupCodec;
  readonly #memory: string;

  /** `memory` is the file in which the platform remembers the marker. */
  constructor(repository: Repository, codec: BackupCodec, memory: string) {
    this.#repository = repository;
    this.#codec = codec;
    this.#memory = memory;
  }

  /**
   * Checks that the repository is the one that was used before, and creates the marker at the first use. Throws
   * `backup/no-marker` if it is another one, or none.
   */
  async require(system: string): Promise<void> {
    const { place } = this.#repository;
    const found = await this.#read(system);
    const remembered = await rememberedRepository(this.#memory);
    if (remembered?.place === place && remembered.system === system) {
      if (found?.marker === remembered.marker) return;
      throw new KeelsonError(
        "backup/no-marker",
        found === undefined
          ? `${place} does not contain the repository that the platform has used there before`
          : `${place} contains another repository than the one that the platform has used there before`,
        { hint: `is its disk mounted? If its content was removed on purpose: rm ${this.#memory}` },
      );
    }
    const marker = found?.marker ?? randomBytes(16).toString("hex");
    if (found === undefined)
      await writeSigned(this.#repository, this.#codec.authenticator, markerName(system), { marker, system }, MARKER);
    await writeAtomically(this.#memory, `${JSON.stringify({ place, system, marker })}\n`);
  }

  /** The marker in the repository; undefined without one. One that was written with another key counts as well. */
  async #read(system: string): Promise<z.infer<typeof markerSchema> | undefined> {
    const { authenticator } = this.#codec;
    const signature = { schema: markerSchema, signedFor: MARKER };
    try {
      return (await readSigned(this.#repository, authenticator, markerName(system), signature)).content;
    } catch (error) {
      if (error instanceof KeelsonError && error.code === "backup/missing") return undefined;
      throw error;
    }
  }
}

const MARKER = { purpose: "marker" } as const;

/** The object with the marker of a database. */
export function markerName(system: string): string {
  return `${system}/repository.json`;
}
