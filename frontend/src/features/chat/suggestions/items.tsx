import { Bot, MessageSquareText } from "lucide-react";
import type { ReactNode } from "react";

import type { Agent } from "@/lib/api/types";
import { matching, type Command } from "@/lib/commands";

import { hasBlanks, type Prompt } from "../logic/prompts";
import type { Trigger } from "../logic/trigger";

/** A line of the menu. */
export interface Item {
  id: string;
  name: string;
  icon: ReactNode;
  note?: string | undefined;
  keys?: string | undefined;
  /** What comes into the text in the place of the word. */
  put: string;
  /** What happens when the word is out of the text. */
  run?: (() => void) | undefined;
}

export interface Group {
  name: string;
  items: Item[];
}

interface Known {
  commands: readonly Command[];
  prompts: readonly Prompt[];
  agents: readonly Agent[];
  pick: (agent: Agent) => void;
}

/** What fits to the word that is typed. In the middle of a text only what has to do with texts does. */
export function groupsFor(trigger: Pick<Trigger, "sign" | "query" | "alone">, { commands, prompts, agents, pick }: Known): Group[] {
  const groups = trigger.sign === "@" ? [agentGroup(trigger.query, agents, pick)] : [promptGroup(trigger.query, prompts), commandGroup(trigger, commands)];
  return groups.filter((group) => group.items.length > 0);
}

function agentGroup(query: string, agents: readonly Agent[], pick: (agent: Agent) => void): Group {
  const found = matching(agents.map((agent) => ({ name: agent.name, words: agent.id, agent })), query);
  return {
    name: "Agents",
    items: found.map(({ agent }) => ({ id: agent.id, name: agent.name, icon: <Bot aria-hidden />, note: agent.description ?? agent.model.model, put: "", run: () => pick(agent) })),
  };
}

function promptGroup(query: string, prompts: readonly Prompt[]): Group {
  return {
    name: "Saved prompts",
    items: matching(prompts, query).map(({ id, name, text }) => ({
      id,
      name,
      icon: <MessageSquareText aria-hidden />,
      note: text.replace(/\s+/g, " ").slice(0, 100) + (hasBlanks(text) ? " · Tab fills in" : ""),
      put: text,
    })),
  };
}

function commandGroup({ query, alone }: Pick<Trigger, "query" | "alone">, commands: readonly Command[]): Group {
  return {
    name: "Commands",
    items: matching(commands, query)
      .filter((command) => alone || command.ofText === true)
      .map(({ name, icon, keys, run }) => ({ id: name, name, icon, keys, put: "", run })),
  };
}
