// A client of PostgreSQL: node postgres.js '{"connection": …}'
import pg from "pg";
import { serve } from "./serve.js";

const { connection } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ ...connection, max: 8, connectionTimeoutMillis: 1000, query_timeout: 2000 });
// An idle connection that breaks is replaced by the pool; the failure shows in the next write.
pool.on("error", () => undefined);
let number = 0;

serve({
  create: async () => {
    await pool.query("CREATE TABLE IF NOT EXISTS calibration (n bigint PRIMARY KEY)");
  },
  write: async () => {
    number += 1;
    const own = String(number);
    await pool.query("INSERT INTO calibration VALUES ($1)", [own]);
    return own;
  },
  survivors: async () => (await pool.query("SELECT n FROM calibration")).rows.map(({ n }) => n),
});
