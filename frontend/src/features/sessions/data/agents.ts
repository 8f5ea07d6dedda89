import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { agentList } from "./queries";

/** The name of an agent by its id; the id itself while the names are not known, or when the agent is gone. */
export function useAgentNames(): (id: string | null | undefined) => string {
  const { data } = useQuery(agentList());
  return useCallback((id) => (id ? (data?.find((agent) => agent.id === id)?.name ?? id) : "–"), [data]);
}
