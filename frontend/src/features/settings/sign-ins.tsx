import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut, MonitorSmartphone } from "lucide-react";

import { Badge, Button, ErrorCard, Skeleton, toast } from "@/components/ui";
import { apiFetch, ApiError, apiJson, messageOf } from "@/lib/api";
import type { SignInItem } from "@/lib/api/types";
import { formatDateTime, timeAgo } from "@/lib/format";
import { useSession } from "@/lib/session";

import { Section } from "./section";

const KEY = ["sign-ins"];

/** The browsers in which the reader is signed in; where another system signs people in, it has a page of its own for that. */
export function SignIns() {
  const { identity } = useSession();
  return identity?.identity === "builtin" ? <OwnSignIns /> : null;
}

function OwnSignIns() {
  // The cookie comes along: by it the API knows which of them is this one.
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await apiJson<{ data: SignInItem[] }>("/auth/sign-ins", { signal, credentials: "include" })).data,
  });
  return (
    <Section title="Where you are signed in">
      {error && !data && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton className="h-12" />}
      {data && (
        <ul className="flex flex-col divide-y divide-line">
          {data.map((signIn) => (
            <Row key={signIn.id} signIn={signIn} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ signIn }: { signIn: SignInItem }) {
  const client = useQueryClient();
  const name = signIn.device || "Unknown browser";
  const end = useMutation({
    mutationFn: () => ended(signIn.id),
    onSuccess: () => {
      client.setQueryData<SignInItem[]>(KEY, (all) => all?.filter((one) => one.id !== signIn.id));
      toast(`${name} is signed out: within 30 seconds nothing can be done with it any more`);
    },
    onError: (error) => toast(messageOf(error)),
  });
  return (
    <li className="flex items-center gap-3 py-2.5 first:pt-0 last:pb-0">
      <MonitorSmartphone aria-hidden className="size-4 shrink-0 text-muted" />
      <div className="min-w-0 flex-1 text-sm">
        <p className="flex flex-wrap items-center gap-2">
          {name} {signIn.current && <Badge>This one</Badge>}
        </p>
        <p className="text-xs text-muted">
          Signed in {formatDateTime(signIn.began_at)}, last used {timeAgo(signIn.last_used_at)}
        </p>
      </div>
      {!signIn.current && (
        <Button size="sm" icon={<LogOut aria-hidden />} busy={end.isPending} aria-label={`Sign out ${name}, signed in ${formatDateTime(signIn.began_at)}`} onClick={() => end.mutate()}>
          Sign out
        </Button>
      )}
    </li>
  );
}

/** One that has ended by itself meanwhile is ended. */
async function ended(id: string): Promise<void> {
  try {
    await apiFetch(`/auth/sign-ins/${encodeURIComponent(id)}`, { method: "DELETE" });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}
