import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Page } from "./page.js";
import { Failure, Loading } from "./states.js";

const RETRY_INTERVAL_MS = 3_000;

interface LazyPageProps {
  /** Heading while the page loads. */
  readonly title: string;
  /** Imports the page, with the libraries that only this page needs. */
  readonly load: () => Promise<ComponentType>;
}

const SCRIPT_FAILED = new Error(
  "The page's script failed to load: the platform is unreachable, or was updated since this page was opened.",
);

/** A page that is loaded on first use. A failed load is retried. */
export function LazyPage({ title, load }: LazyPageProps) {
  const code = useQuery({
    queryKey: ["page", title],
    queryFn: async () => ({ Loaded: await load() }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === "error" ? RETRY_INTERVAL_MS : false),
    retry: false,
  });
  if (code.data) return <code.data.Loaded />;
  return (
    <Page title={title}>
      {code.isError ? (
        <Failure what="The page could not be loaded" error={SCRIPT_FAILED} onRetry={() => window.location.reload()} />
      ) : (
        <Loading what="the page" />
      )}
    </Page>
  );
}
