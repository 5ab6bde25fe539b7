import { createBrowserRouter, Link, Navigate, type RouteObject, useRouteError } from "react-router";
import { PromisesPage } from "./pages/promises/promises-page.js";
import { Entry } from "./shell/entry.js";
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
  {
    path: "topology",
    lazy: async () => ({ Component: (await import("./pages/topology/topology-page.js")).TopologyPage }),
  },
  { path: "models", lazy: async () => ({ Component: (await import("./pages/models/models-page.js")).ModelsPage }) },
  { path: "usage", lazy: async () => ({ Component: (await import("./pages/usage/usage-page.js")).UsagePage }) },
  { path: "keys", lazy: async () => ({ Component: (await import("./pages/keys/keys-page.js")).KeysPage }) },
  { path: "drills", lazy: async () => ({ Component: (await import("./pages/drills/drills-page.js")).DrillsPage }) },
  { path: "drills/:id", lazy: async () => ({ Component: (await import("./pages/drills/drill-page.js")).DrillPage }) },
  { path: "*", element: <Missing /> },
];

export const router = createBrowserRouter([
  {
    element: <Entry />,
    errorElement: <Broken />,
    hydrateFallbackElement: <div />,
    children: pages.map((page) => ({ ...page, errorElement: <Broken /> })),
  },
]);
