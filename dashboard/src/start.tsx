import "./mantine.css";
import "./tokens.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { queryClient } from "./api/query-client.js";
import { router } from "./routes.js";
import { theme, variables } from "./theme.js";

/** The server wrote it into the page, anew in every answer; styles that are made at run time must carry it. */
function styleNonce(): string {
  const tag = document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']");
  return tag?.nonce ?? "";
}

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
// The scroll lock under Mantine's modals makes a style element of its own and looks for the nonce under this name.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() });
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="top-right" autoClose={5000} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
