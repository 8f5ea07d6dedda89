import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Session, SessionDetail } from "@/lib/api/types";

import { useMarkRead } from "../data/watch";
import { useOpenSession } from "./actions";

/** Marks the open session as read where no list of sessions is shown that does so: on a phone, and beside the rail. */
export function ReadKeeper() {
  const openId = useOpenSession();
  // The chat reads it; here it is only looked at.
  const { data } = useQuery<SessionDetail>({ queryKey: ["session", openId], enabled: false });
  const open = useMemo<Session[]>(() => (data ? [{ ...data, session_type: "agent" }] : []), [data]);
  useMarkRead(openId, open);
  return null;
}
