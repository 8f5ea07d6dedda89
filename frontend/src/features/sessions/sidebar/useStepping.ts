import { useNavigate } from "@tanstack/react-router";

import type { Session } from "@/lib/api/types";
import { useHotkey } from "@/lib/hotkeys";

/** The keys that go to the session below and above the open one; from a new chat, to the first and to the last. */
export function useStepping(sessions: readonly Session[], openId: string | undefined): void {
  const navigate = useNavigate();
  const go = (step: 1 | -1): void => {
    const at = sessions.findIndex((session) => session.session_id === openId);
    const next = sessions[at < 0 ? (step === 1 ? 0 : sessions.length - 1) : at + step];
    if (next) void navigate({ to: "/chat/$sessionId", params: { sessionId: next.session_id } });
  };
  useHotkey("alt+arrowdown", () => go(1), { description: "Next session of the list" });
  useHotkey("alt+arrowup", () => go(-1), { description: "Previous session of the list" });
}
