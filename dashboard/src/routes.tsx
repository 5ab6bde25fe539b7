import type { ComponentType } from "react";
import { createBrowserRouter, Link, Navigate, type RouteObject, useRouteError } from "react-router";
import { PromisesPage } from "./pages/promises/promises-page.js";
import { Entry } from "./shell/entry.js";
import { Later } from "./shell/later.js";
import { Page } from "./shell/page.js";
import { Failure } from "./shell/states.js";

function Broken() {
  const error = useRouteError();
  return (
    <Failure
      what="This page could not be shown"
      error={error instanceof Error ? error : new Error(String(error))}
      onRetry={() => window.location.reload()}
    />
  );
}

function Missing() {
  return (
    <Page title="There is no such page" lead="The address may be mistyped. All pages are in the navigation.">
      <Link to="/promises">Go to the promises</Link>
    </Page>
  );
}

/** Every page but the first comes when it is asked for, with the plotting or drawing library that it alone needs. */
const pages: RouteObject[] = [
  { index: true, element: <Navigate to="/promises" replace /> },
  { path: "sign-in", element: <Navigate to="/promises" replace /> },
  { path: "promises", element: <PromisesPage /> },
  later("topology", "Topology", async () => (await import("./pages/topology/topology-page.js")).TopologyPage),
  later("models", "Models", async () => (await import("./pages/models/models-page.js")).ModelsPage),
  later("usage", "Usage", async () => (await import("./pages/usage/usage-page.js")).UsagePage),
  later("keys", "Keys", async () => (await import("./pages/keys/keys-page.js")).KeysPage),
  later("drills", "Drills", async () => (await import("./pages/drills/drills-page.js")).DrillsPage),
  later("drills/:id", "Drill", async () => (await import("./pages/drills/drill-page.js")).DrillPage),
  { path: "*", element: <Missing /> },
];

function later(path: string, title: string, load: () => Promise<ComponentType>): RouteObject {
  return { path, element: <Later key={path} title={title} load={load} /> };
}

export const router = createBrowserRouter([
  {
    element: <Entry />,
    errorElement: <Broken />,
    children: pages.map((page) => ({ ...page, errorElement: <Broken /> })),
  },
]);
