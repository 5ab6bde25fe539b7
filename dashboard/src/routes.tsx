import type { ComponentType, ReactNode } from "react";
import { createBrowserRouter, Link, Navigate, type RouteObject, useRouteError } from "react-router";
import type { PagePath } from "../../src/contracts/pages.js";
import { useSession } from "./api/session.js";
import { PromisesPage } from "./pages/promises/promises-page.js";
import { Entry } from "./shell/entry.js";
import { LazyPage } from "./shell/lazy-page.js";
import { homeOf } from "./shell/navigation.js";
import { Page } from "./shell/page.js";
import { Failure } from "./shell/states.js";

function Broken() {
  const error = useRouteError();
  return (
    <Failure
      what="The page could not be displayed"
      error={error instanceof Error ? error : new Error(String(error))}
      onRetry={() => window.location.reload()}
    />
  );
}

/** The first page of the user who is signed in. */
function Home() {
  const { data: session } = useSession();
  return session ? <Navigate to={homeOf(session)} replace /> : null;
}

function Missing() {
  return (
    <Page title="Page not found" lead="Check the address, or select a page in the navigation.">
      <Link to="/">Go to the first page</Link>
    </Page>
  );
}

/** Every page except the first is loaded on first use, with the libraries that only it needs. */
const pages: RouteObject[] = [
  { index: true, element: <Home /> },
  page("sign-in", <Home />),
  page("promises", <PromisesPage />),
  lazy("design", "Design", async () => (await import("./pages/design/design-page.js")).DesignPage),
  lazy(
    "design/changes",
    "Changes of promises",
    async () => (await import("./pages/design/changes-page.js")).ChangesPage,
  ),
  lazy("topology", "Topology", async () => (await import("./pages/topology/topology-page.js")).TopologyPage),
  lazy("models", "Models", async () => (await import("./pages/models/models-page.js")).ModelsPage),
  lazy("usage", "Usage", async () => (await import("./pages/usage/usage-page.js")).UsagePage),
  lazy("keys", "Keys", async () => (await import("./pages/keys/keys-page.js")).KeysPage),
  lazy("users", "Users", async () => (await import("./pages/users/users-page.js")).UsersPage),
  lazy(
    "organisations",
    "Organisations",
    async () => (await import("./pages/organisations/organisations-page.js")).OrganisationsPage,
  ),
  lazy("audit", "Audit log", async () => (await import("./pages/audit/audit-page.js")).AuditPage),
  lazy("drills", "Drills", async () => (await import("./pages/drills/drills-page.js")).DrillsPage),
  lazy("drills/:id", "Drill", async () => (await import("./pages/drills/drill-page.js")).DrillPage),
  lazy("backups", "Backups", async () => (await import("./pages/backups/backups-page.js")).BackupsPage),
  { path: "*", element: <Missing /> },
];

function page(path: PagePath, element: ReactNode): RouteObject {
  return { path, element };
}

function lazy(path: PagePath, title: string, load: () => Promise<ComponentType>): RouteObject {
  return { path, element: <LazyPage key={path} title={title} load={load} /> };
}

export const router = createBrowserRouter([
  {
    element: <Entry />,
    errorElement: <Broken />,
    children: pages.map((each) => ({ ...each, errorElement: <Broken /> })),
  },
]);
