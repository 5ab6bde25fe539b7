import pg from "pg";
import { KeelsonError } from "../errors/keelson-error.js";

/** Messages by which a server claims that the authentication is complete, or requests the password in a form that it can reuse. */
const BEFORE_PROOF: ReadonlySet<string | symbol> = new Set([
  "authenticationCleartextPassword",
  "authenticationMD5Password",
  "authenticationOk",
  "readyForQuery",
]);

/**
 * A connection to PostgreSQL that authenticates the server. With a password it accepts SCRAM only: the client sends a proof from
 * which the password cannot be computed, and the server must prove that it has the verifier of the password (RFC 5802, "server
 * signature"). So a process that answers in place of the server gets neither the password nor a statement: `connect` rejects with
 * `database/not-authenticated`. Without a password nothing is checked: a Unix socket is then protected by its directory.
 */
export class PostgresClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
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
}

function hasPassword({ password }: pg.Client): boolean {
  return typeof password === "function" || (typeof password === "string" && password !== "");
}
