import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../src/local/free-port.js";
import { openRepository } from "../../../src/recovery/repository/open.js";
import { temporaryDirectory } from "./source.js";

/** An S3 server with the bucket `backups`. */
export interface Bucket {
  /** The value of `--backups`. */
  readonly place: string;
  /** The credentials for the AWS SDK; they are also set in this process. */
  readonly env: NodeJS.ProcessEnv;
  /** Suspends it: it accepts connections and no longer responds. */
  freeze(): void;
  /** Resumes it. */
  thaw(): void;
}

/** Starts versitygw on a directory and waits until it responds. */
export async function startBucket(versitygw: string, cleanups: (() => Promise<void> | void)[]): Promise<Bucket> {
  const root = temporaryDirectory(cleanups);
  mkdirSync(join(root, "backups"));
  const port = await freePort();
  const env = { AWS_ACCESS_KEY_ID: "test-access", AWS_SECRET_ACCESS_KEY: randomBytes(12).toString("hex") };
  const keys = ["--access", env.AWS_ACCESS_KEY_ID, "--secret", env.AWS_SECRET_ACCESS_KEY];
  const server = spawn(versitygw, [...keys, "--port", `127.0.0.1:${port}`, "posix", root], { stdio: "ignore" });
  cleanups.push(() => void server.kill("SIGKILL"));
  Object.assign(process.env, env);
  const place = `s3://backups/starter?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
  const repository = await openRepository(place);
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
    const answers = await repository.list("").then(
      () => true,
      () => false,
    );
    if (answers)
      return { place, env, freeze: () => void server.kill("SIGSTOP"), thaw: () => void server.kill("SIGCONT") };
  }
  throw new Error("the S3 server did not answer");
}
