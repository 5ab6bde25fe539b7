import { useSession } from "../api/session.js";
import { SignInPage } from "../pages/sign-in/sign-in-page.js";
import styles from "./entry.module.css";
import { Shell } from "./shell.js";
import { Failure } from "./states.js";

/** The pages for a signed-in user; otherwise the sign-in page, and then the requested page. */
export function Entry() {
  const session = useSession();
  if (session.isPending) return <div role="status" aria-label="Loading the session" />;
  if (session.isError)
    return (
      <main className={styles.alone}>
        <h1 className="visually-hidden">Keelson</h1>
        <Failure what="The platform is unreachable" error={session.error} onRetry={() => session.refetch()}>
          Retrying every few seconds.
        </Failure>
      </main>
    );
  return session.data ? <Shell session={session.data} /> : <SignInPage />;
}
