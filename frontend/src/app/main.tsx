import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { listenForHotkeys } from "@/lib/hotkeys";
import { session } from "@/lib/session";
import { watchTheme } from "@/lib/theme";

import { RootBoundary } from "./errors";
import { leaveOnSignOut } from "./leave";
import { makeQueryClient } from "./query-client";
import { reloadAfterDeploy } from "./reload";
import { makeRouter } from "./router";
import "./styles.css";

const client = makeQueryClient();
const router = makeRouter();

reloadAfterDeploy();
watchTheme();
listenForHotkeys();
leaveOnSignOut();
void session.start();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <RootBoundary>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </RootBoundary>
    </StrictMode>,
  );
}
