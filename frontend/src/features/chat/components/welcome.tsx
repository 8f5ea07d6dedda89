import { useQuery } from "@tanstack/react-query";
import { Bot, Wrench } from "lucide-react";

import { Badge, EmptyState } from "@/components/ui";
import type { Agent } from "@/lib/api/types";

import { readStarters } from "../conversation/requests";
import { startersFor } from "../logic/starters";

interface Props {
  agent: Agent | null;
  onStart: (text: string) => void;
}

/** A chat before its first message: who answers, and what one might ask. */
export function Welcome({ agent, onStart }: Props) {
  const { data: starters } = useQuery({ queryKey: ["agents", "starters"], queryFn: readStarters, staleTime: 300_000 });
  if (!agent) return <EmptyState className="flex-1" icon={<Bot />} title="There is no agent yet" text="Once somebody of your workspace has made one, you can chat with it here." />;
  const tools = agent.tools?.tools as { name: string; description?: string }[] | undefined;
  const offered = startersFor(starters?.[agent.id] ?? []);
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center overflow-y-auto px-4 py-8">
      <div className="my-auto flex w-full max-w-2xl flex-col items-center gap-3 text-center">
        <span aria-hidden className="flex size-12 items-center justify-center rounded-2xl bg-accent-soft text-accent">
          <Bot className="size-6" />
        </span>
        <h2 className="text-xl font-semibold">{agent.name}</h2>
        {agent.description && <p className="max-w-lg text-muted">{agent.description}</p>}
        {tools && tools.length > 0 && (
          <ul aria-label="Tools" className="flex flex-wrap justify-center gap-1.5">
            {tools.map((tool) => (
              <li key={tool.name}>
                <Badge title={tool.description}>
                  <Wrench aria-hidden className="size-3" />
                  {tool.name}
                </Badge>
              </li>
            ))}
          </ul>
        )}
        <ul aria-label="Ways to begin" className="mt-4 grid w-full gap-2 sm:grid-cols-2">
          {offered.map((text) => (
            <li key={text}>
              <button
                type="button"
                onClick={() => onStart(text)}
                className="h-full min-h-11 w-full rounded-xl border border-line bg-raised px-4 py-3 text-left text-sm hover:border-accent hover:bg-accent-soft"
              >
                {text}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
