import "../src/mantine.css";
import "../src/tokens.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { MemoryRouter } from "react-router";
import { theme, variables } from "../src/theme.js";
import { Gallery } from "./gallery.js";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <MemoryRouter>
        <Gallery />
      </MemoryRouter>
    </MantineProvider>
  </StrictMode>,
);
