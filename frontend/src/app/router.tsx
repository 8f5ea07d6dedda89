import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";

import { Toaster, TooltipLayer } from "@/components/ui";

import { BASE } from "./addresses";
import { NotFound, PageError } from "./errors";
import { Guard } from "./guard";

interface SignInSearch {
  to?: string;
  /** The sign-out was in another tab. */
  left?: "elsewhere";
}

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Toaster />
      <TooltipLayer />
    </>
  ),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  staticData: { title: "Sign in" },
  validateSearch: (search): SignInSearch => ({
    ...(typeof search.to === "string" ? { to: search.to } : {}),
    ...(search.left === "elsewhere" ? { left: search.left } : {}),
  }),
  component: lazyRouteComponent(() => import("./pages/sign-in"), "SignIn"),
});

const shared = createRoute({
  getParentRoute: () => root,
  path: "/share/$shareId",
  component: lazyRouteComponent(() => import("./pages/shared"), "Shared"),
});

/** Everything below it is for people who are signed in. */
const inside = createRoute({ getParentRoute: () => root, id: "inside", component: Guard });

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => redirect({ to: "/chat", replace: true, throw: true }),
});

/** One page for a new chat and for one that began: its address changes with the first message, and nothing on it is made anew. */
const chat = createRoute({
  getParentRoute: () => inside,
  path: "/chat",
  component: lazyRouteComponent(() => import("./pages/chat"), "Chat"),
  validateSearch: (search): { agent?: string } => (typeof search.agent === "string" ? { agent: search.agent } : {}),
});

const newChat = createRoute({ getParentRoute: () => chat, path: "/" });
const openChat = createRoute({ getParentRoute: () => chat, path: "/$sessionId" });

const sessions = createRoute({
  getParentRoute: () => inside,
  path: "/sessions",
  staticData: { title: "Sessions" },
  component: lazyRouteComponent(() => import("./pages/sessions"), "Sessions"),
});

const sessionDetail = createRoute({
  getParentRoute: () => inside,
  path: "/sessions/$sessionId",
  staticData: { title: "Session" },
  component: lazyRouteComponent(() => import("./pages/sessions"), "Detail"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  staticData: { title: "Settings" },
  component: lazyRouteComponent(() => import("./pages/settings"), "Settings"),
});

const tree = root.addChildren([signIn, shared, inside.addChildren([home, chat.addChildren([newChat, openChat]), sessions, sessionDetail, settings])]);

export function makeRouter() {
  return createRouter({
    routeTree: tree,
    basepath: BASE,
    // Pointing at a link fetches its page; 50 ms pass over links that the pointer only crosses.
    defaultPreload: "intent",
    defaultPreloadDelay: 50,
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFound,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
  interface StaticDataRouteOption {
    /** The document's title; a page without one sets its own. */
    title?: string;
  }
}
