import { useSession } from "../api/session.js";
import { SignInPage } from "../pages/sign-in/sign-in-page.js";
import styles from "./entry.module.css";
import { Shell } from "./shell.js";
import { Failure } from "./states.js";

/** Whoever is signed in sees the pages; whoever is not, the sign-in page, and then the page that was asked for. */
export function Entry() {
  const session = useSession();
  if (session.isPending) return <div role="status" aria-label="Reading who is signed in" />;
  if (session.isError)
    return (
      <main className={styles.alone}>
        <h1 className="visually-hidden">Keelson</h1>
        <Failure what="The platform cannot be reached" error={session.error} onRetry={() => session.refetch()}>
          It is asked again every few seconds, and this page goes on by itself.
        </Failure>
      </main>
    );
  return session.data ? <Shell session={session.data} /> : <SignInPage />;
}
