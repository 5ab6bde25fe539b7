import "./mantine.css";
import "./tokens.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { queryClient } from "./api/query-client.js";
import { styleNonce } from "./nonce.js";
import { router } from "./routes.js";
import { theme, variables } from "./theme.js";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
// The scroll lock of Mantine's modals creates a style element with the nonce of this global variable.
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
