import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { startPostgres, type TestPostgres } from "../database/postgres.js";
import { type Platform, startPlatform } from "./platform.js";

/** Shared by all tests of a file. */
export interface Running {
  readonly postgres: TestPostgres;
  readonly platform: Platform;
  /** For operations that no role of the platform may do: bypassing row-level security, and damaging data. */
  readonly superuser: pg.Client;
}

/** One platform on a PostgreSQL of its own for all tests of a file. */
export function runningPlatform(): Running {
  let postgres: TestPostgres | undefined;
  let platform: Platform | undefined;
  let superuser: pg.Client | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
    platform = await startPlatform(postgres.url);
    superuser = new pg.Client(postgres.superuserUrl);
    await superuser.connect();
  });
  afterAll(async () => {
    await superuser?.end();
    await platform?.stop();
    await postgres?.stop();
  });
  return {
    get postgres() {
      return present(postgres);
    },
    get platform() {
      return present(platform);
    },
    get superuser() {
      return present(superuser);
    },
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("used before the first test");
  return value;
}
