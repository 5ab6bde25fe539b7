import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Page } from "./page.js";
import { Failure, Loading } from "./states.js";

interface LaterProps {
  /** Its heading until it is there. */
  readonly title: string;
  /** Fetches its code, with the plotting or drawing library that it alone needs. */
  readonly load: () => Promise<ComponentType>;
}

const didNotCome = new Error("Its code did not come: the platform is away, or newer than what is open here.");

/** A page that comes when it is asked for. What cannot be fetched is asked for again by itself, as everything that is shown. */
export function Later({ title, load }: LaterProps) {
  const code = useQuery({
    queryKey: ["page", title],
    queryFn: async () => ({ Loaded: await load() }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === "error" ? 3_000 : false),
    retry: false,
  });
  if (code.data) return <code.data.Loaded />;
  return (
    <Page title={title}>
      {code.isError ? (
        <Failure what="This page could not be fetched" error={didNotCome} onRetry={() => window.location.reload()} />
      ) : (
        <Loading what="the page" />
      )}
    </Page>
  );
}
