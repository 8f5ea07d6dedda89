import { Bot } from "lucide-react";
import type { ReactNode } from "react";

import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuLabel, DropdownMenuTrigger } from "@/components/ui";

import { useChat } from "./chat-context";

interface Props {
  /** What the chosen agent will do. */
  label: string;
  /** The agent that is not offered. */
  except: string;
  onChoose: (agent: string) => void;
  /** The button. */
  children: ReactNode;
}

/** The other agents of the workspace, to do something in the place of one; nothing when there is no other. */
export function AgentMenu({ label, except, onChoose, children }: Props) {
  const { agents } = useChat();
  const others = agents.filter((agent) => agent.id !== except);
  if (others.length === 0) return null;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>{children}</DropdownMenuTrigger>
      <DropdownMenuContent align="start">
        <DropdownMenuLabel>{label}</DropdownMenuLabel>
        {others.map((agent) => (
          <DropdownMenuItem key={agent.id} icon={<Bot aria-hidden />} onSelect={() => onChoose(agent.id)}>
            {agent.name}
          </DropdownMenuItem>
        ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
