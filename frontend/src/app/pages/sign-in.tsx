import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";

import { SignInPage } from "@/features/auth";
import { useSession } from "@/lib/session";

import { ownPath } from "../addresses";
import { Splash } from "../guard";
import { useTitle } from "../title";

/** The door. Whoever is in already, or has just come in, goes where they wanted to go. */
export function SignIn() {
  const { to, left } = useSearch({ from: "/sign-in" });
  const { state, problem } = useSession();
  const navigate = useNavigate();
  useTitle("Sign in");
  useEffect(() => {
    if (state === "signed-in") void navigate({ href: ownPath(to), replace: true });
  }, [state, to, navigate]);
  if (state === "signed-in" || (state === "loading" && !problem)) return <Splash />;
  return <SignInPage returnTo={ownPath(to)} notice={left === "elsewhere" ? "You signed out in another tab." : null} />;
}
