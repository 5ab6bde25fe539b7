import pg from "pg";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";

/** Messages by which a server claims that the authentication is complete, or requests the password in a form that it can reuse. */
const BEFORE_PROOF: ReadonlySet<string | symbol> = new Set([
  "authenticationCleartextPassword",
  "authenticationMD5Password",
  "authenticationOk",
  "readyForQuery",
]);

/**
 * What the queries of Keelson and the parsers of pg rely on. A role, a database or a server can have other defaults
 * (`ALTER ROLE … SET`): pg reads times in ISO only. These are the values with which PostgreSQL is delivered. They are set by a
 * statement, because poolers refuse most parameters in the startup message.
 */
const SESSION_SETTINGS = [
  "SET DateStyle = 'ISO, MDY'",
  "SET IntervalStyle = 'postgres'",
  "SET TimeZone = 'UTC'",
  "SET bytea_output = 'hex'",
  "SET extra_float_digits = 1",
  "SET standard_conforming_strings = on",
  "SET default_transaction_isolation = 'read committed'",
].join("; ");

/** As pg declares the two forms of its callback. */
type ConnectCallback = ((error: Error) => void) & ((error: null, client: pg.Client) => void);

/** The superuser names its own: names of the modules' schema are no names to it. */
const MODULES_SEARCH_PATH = `SET search_path = "$user", public`;

/**
 * A connection to PostgreSQL that authenticates the server. With a password it accepts SCRAM only: the client sends a proof from
 * which the password cannot be computed, and the server must prove that it has the verifier of the password (RFC 5802, "server
 * signature"). So a process that answers in place of the server gets neither the password nor a statement: `connect` rejects with
 * `database/not-authenticated`. Without a password nothing is checked: a Unix socket is then protected by its directory.
 */
export class PostgresClient extends pg.Client {
  readonly #settings: string;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // A pool listens only once `connect` has succeeded: until then, a connection that is lost would end the process.
    this.on("error", () => undefined);
    const named = typeof config === "object" && config.options?.includes("search_path=");
    this.#settings = named ? SESSION_SETTINGS : `${SESSION_SETTINGS}; ${MODULES_SEARCH_PATH}`;
    // pg answers each message in a listener of the connection: a refused message must reach none.
    const { connection } = this;
    const emit = connection.emit.bind(connection);
    let stage: "start" | "challenged" | "proven" | "failed" = "start";
    const notProven = (how: string, cause?: unknown): KeelsonError =>
      new KeelsonError(
        "database/not-authenticated",
        `what answers at ${this.host}:${this.port} did not prove that it is the database: ${how}`,
        { cause },
      );
    connection.emit = (event, ...values: unknown[]) => {
      if (stage === "proven" || !hasPassword(this)) return emit(event, ...values);
      if (BEFORE_PROOF.has(event) || (event === "authenticationSASLFinal" && stage !== "challenged")) {
        connection.stream.destroy(notProven(`it sent ${String(event)} instead of SCRAM`));
        return true;
      }
      const [error] = values;
      if (event === "error") stage = "failed";
      // Those of pg for an invalid challenge or signature.
      if (event === "error" && error instanceof Error && error.message.startsWith("SASL:")) {
        connection.stream.destroy();
        return emit(event, notProven(error.message, error));
      }
      const handled = emit(event, ...values);
      if (event === "authenticationSASLContinue") stage = "challenged";
      // pg has compared the signature in its listener, and emits an error in it for a wrong one.
      if (event === "authenticationSASLFinal" && stage === "challenged") stage = "proven";
      return handled;
    };
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: ConnectCallback): undefined;
  override connect(callback?: ConnectCallback): Promise<pg.Client> | undefined {
    const connected = this.#connectWithSettings();
    if (callback === undefined) return connected;
    connected.then(
      () => callback(null, this),
      (error: unknown) => callback(error instanceof Error ? error : new Error(messageOf(error))),
    );
    return undefined;
  }

  async #connectWithSettings(): Promise<pg.Client> {
    await super.connect();
    try {
      await this.query(this.#settings);
    } catch (error) {
      await this.end().catch(() => undefined);
      throw error;
    }
    return this;
  }
}

function hasPassword({ password }: pg.Client): boolean {
  return typeof password === "function" || (typeof password === "string" && password !== "");
}
