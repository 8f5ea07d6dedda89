import { Eye, EyeOff } from "lucide-react";
import { useEffect, useRef, useState, type SubmitEvent } from "react";

import { Button, ErrorCard, Field, IconButton, Input, useCountdown } from "@/components/ui";
import { ApiError, messageOf } from "@/lib/api";
import { session, useSession } from "@/lib/session";

/** `notice`: why this page is shown. `returnTo`: a path of the app's, for identity systems that have a page of their own. */
export function SignInPage({ returnTo, notice }: { returnTo: string; notice: string | null }) {
  const { identity, problem } = useSession();
  const elsewhere = identity?.identity === "oidc" ? identity : null;
  return (
    <main className="flex min-h-dvh items-center justify-center bg-panel p-4">
      <div className="w-full max-w-sm rounded-2xl border border-line bg-raised p-6 sm:p-8">
        <img src="/app/icon.svg" alt="" className="mb-5 size-11" />
        <h1 className="mb-6 text-xl font-semibold">Sign in to Reggie</h1>
        {notice !== null && (
          <p role="status" className="-mt-3 mb-5 text-sm text-muted">
            {notice}
          </p>
        )}
        {problem && !elsewhere && <ErrorCard error={problem} onRetry={() => void session.start()} />}
        {elsewhere ? <Elsewhere returnTo={returnTo} issuer={elsewhere.issuer} problem={problem} /> : identity && <PasswordForm />}
      </div>
    </main>
  );
}

function PasswordForm() {
  const { signIn } = useSession();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const wait = useCountdown(error instanceof ApiError ? (error.retryAfter ?? 0) : 0, error);

  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (busy || wait > 0) return;
    setBusy(true);
    setError(null);
    signIn({ email: email.trim(), password })
      .catch((failure: unknown) => setError(failure))
      .finally(() => setBusy(false));
  };

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label="Email">
        {(ids) => <Input {...ids} type="email" name="email" autoComplete="username" ref={first} required value={email} onChange={(event) => setEmail(event.target.value)} />}
      </Field>
      <Field label="Password">
        {(ids) => (
          <div className="relative">
            <Input
              {...ids}
              type={shown ? "text" : "password"}
              name="password"
              autoComplete="current-password"
              required
              className="pr-11"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
            <IconButton label={shown ? "Hide the password" : "Show the password"} size="sm" className="absolute top-1 right-1 pointer-coarse:top-0 pointer-coarse:right-0" onClick={() => setShown(!shown)}>
              {shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
            </IconButton>
          </div>
        )}
      </Field>
      {error !== null && (
        <p role="alert" className="text-sm text-danger">
          {messageOf(error)}
        </p>
      )}
      <Button type="submit" variant="primary" size="lg" busy={busy} disabled={busy || wait > 0}>
        {wait > 0 ? `Try again in ${wait} s` : "Sign in"}
      </Button>
    </form>
  );
}

/** The organisation's own page does it. `problem`: what came of the last visit there. */
function Elsewhere({ issuer, returnTo, problem }: { issuer: string; returnTo: string; problem: ApiError | null }) {
  const { signIn } = useSession();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(problem);
  const leave = (): void => {
    setBusy(true);
    setError(null);
    signIn({ returnTo })
      .catch((failure: unknown) => setError(failure))
      // Also of a page that somebody came back to by the browser's own button.
      .finally(() => setBusy(false));
  };
  return (
    <div className="flex flex-col gap-4">
      {error !== null && (
        <p role="alert" className="text-sm text-danger">
          {messageOf(error)}
        </p>
      )}
      <Button variant="primary" size="lg" busy={busy} onClick={leave}>
        Continue with {new URL(issuer).host}
      </Button>
    </div>
  );
}
