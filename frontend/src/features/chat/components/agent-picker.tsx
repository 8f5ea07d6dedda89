import { Bot, Check, ChevronDown } from "lucide-react";
import { useState, type KeyboardEvent } from "react";

import { Input, Popover, PopoverContent, PopoverTrigger } from "@/components/ui";
import { cn } from "@/lib/cn";

import { useChat } from "./chat-context";

interface Props {
  chosen: string | null;
  onChoose: (agent: string) => void;
}

/** From so many agents on there is a box to search them. */
const SEARCH_FROM = 6;

export function AgentPicker({ chosen, onChoose }: Props) {
  const { agents } = useChat();
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const found = agents.filter((agent) => `${agent.name} ${agent.description ?? ""} ${agent.model.model ?? ""}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  const name = agents.find((agent) => agent.id === chosen)?.name ?? "Choose an agent";
  const choose = (agent: string): void => {
    onChoose(agent);
    setOpen(false);
  };
  return (
    <Popover
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setWanted("");
      }}
    >
      <PopoverTrigger className="flex min-h-9 max-w-full min-w-0 items-center gap-2 rounded-lg px-2.5 font-medium hover:bg-line/50 pointer-coarse:min-h-11" aria-label={`Agent: ${name}`}>
        <Bot aria-hidden className="size-4 shrink-0 text-muted" />
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-4 shrink-0 text-muted" />
      </PopoverTrigger>
      <PopoverContent align="start" className="w-80 max-w-[calc(100vw-1rem)] p-1" aria-label="Agents">
        {agents.length >= SEARCH_FROM && (
          <Input
            type="search"
            aria-label="Search agents"
            placeholder="Search agents"
            className="mb-1"
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && found[0]) choose(found[0].id);
            }}
          />
        )}
        {found.length === 0 && <p className="p-3 text-sm text-muted">No agent has this name. Clear the search to see all.</p>}
        <ul aria-label="Agents" className="max-h-80 overflow-y-auto">
          {found.map((agent) => (
            <li key={agent.id}>
              <button
                type="button"
                aria-pressed={agent.id === chosen}
                onClick={() => choose(agent.id)}
                onKeyDown={moveFocus}
                className={cn("flex w-full items-start gap-2 rounded-md px-2.5 py-2 text-left text-sm hover:bg-accent-soft focus-visible:bg-accent-soft")}
              >
                <Check aria-hidden className={cn("mt-0.5 size-4 shrink-0", agent.id !== chosen && "invisible")} />
                <span className="min-w-0">
                  <span className="block font-medium">{agent.name}</span>
                  {agent.description && <span className="line-clamp-2 text-muted">{agent.description}</span>}
                  <span className="block text-xs text-muted">{agent.model.model}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </PopoverContent>
    </Popover>
  );
}

/** The arrows go through the list. */
function moveFocus(event: KeyboardEvent<HTMLButtonElement>): void {
  const item = event.currentTarget.closest("li");
  const next = event.key === "ArrowDown" ? item?.nextElementSibling : event.key === "ArrowUp" ? item?.previousElementSibling : null;
  const button = next?.querySelector("button");
  if (!button) return;
  event.preventDefault();
  button.focus();
}
