import { Button, PasswordInput } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { useSessionEnded, useSignIn } from "../../api/session.js";
import { Mark } from "../../shell/mark.js";
import { ErrorMessage } from "../../shell/message.js";
import { SchemeSwitch } from "../../shell/scheme-switch.js";
import styles from "./sign-in-page.module.css";

/** Tokens that were submitted: each is valid once, and React may run an effect twice. */
const submitted = new Set<string>();

/** A single-use link has its token in the fragment, which browsers do not send to servers; `?token=` is read as well. */
function tokenIn({ hash, search }: { readonly hash: string; readonly search: string }): string | null {
  return new URLSearchParams(hash.slice(1)).get("token") ?? new URLSearchParams(search).get("token");
}

/** Sign-in with a single-use link, or with an API key of scope `admin`. */
export function SignInPage() {
  const location = useLocation();
  const navigate = useNavigate();
  const signIn = useSignIn();
  const [key, setKey] = useState("");
  const token = tokenIn(location);
  const { mutate } = signIn;
  const ended = useSessionEnded();

  useEffect(() => {
    document.title = "Sign in · Keelson";
  }, []);

  useEffect(() => {
    if (token === null || submitted.has(token)) return;
    submitted.add(token);
    // Remove the token from the address bar and the history, whether it is valid or not.
    void navigate(location.pathname, { replace: true });
    mutate({ token });
  }, [token, location.pathname, navigate, mutate]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    if (trimmed === "") return;
    signIn.mutate({ key: trimmed });
  };

  const byLink = signIn.variables !== undefined && "token" in signIn.variables;
  return (
    <main className={styles.page}>
      <div className={styles.scheme}>
        <SchemeSwitch />
      </div>
      <div className={styles.card}>
        <span className={styles.mark}>
          <Mark size={34} />
        </span>
        <h1 className={styles.title}>Sign in to Keelson</h1>
        {ended && (
          <p className={styles.ended} role="status">
            Your session expired. Sign in to return to this page.
          </p>
        )}
        <section className={styles.link} aria-label="With a link">
          <p>
            <code>keelson open</code> opens this page signed in. On another machine, open the link that{" "}
            <code>keelson login</code> prints: it signs in once, within ten minutes.
          </p>
        </section>
        {signIn.isError && byLink && (
          <p className={styles.refused} role="alert">
            <ErrorMessage error={signIn.error} />
          </p>
        )}
        <p className={styles.or}>or with an API key</p>
        <form onSubmit={submit} className={styles.form}>
          <PasswordInput
            label="API key"
            description="A key with the scope admin."
            placeholder="kls_…"
            size="md"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": "Show or hide key" }}
            error={signIn.isError && !byLink ? <ErrorMessage error={signIn.error} /> : undefined}
          />
          <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
        </form>
        <p className={styles.hint}>
          <code>keelson keys create NAME --scope admin</code> creates a key for this page. The first key works as well.
        </p>
      </div>
    </main>
  );
}
