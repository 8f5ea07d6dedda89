import { describe, expect, it, vi } from "vitest";

import type { Agent } from "@/lib/api/types";

import { groupsFor } from "./items";

const commands = [
  { name: "New chat", icon: null, run: () => undefined },
  { name: "Clear the draft", icon: null, ofText: true, run: () => undefined },
];
const prompts = [{ id: "prm_1", name: "Sum up", text: "Sum up {{text}}" }];
const agent = (id: string, name: string) => ({ id, name, model: { model: "stub" } }) as unknown as Agent;
const agents = [agent("assistant", "Reggie"), agent("otto", "Otto the Second")];

const offered = (sign: "/" | "@", query: string, alone = true, pick = vi.fn()) => groupsFor({ sign, query, alone }, { commands, prompts, agents, pick });
const names = (...asked: Parameters<typeof offered>) => offered(...asked).flatMap((group) => group.items.map((item) => item.name));

describe("what a sign offers", () => {
  it("is the person's own prompts and all commands at the beginning of a text", () => {
    expect(names("/", "")).toEqual(["Sum up", "New chat", "Clear the draft"]);
    expect(names("/", "c")).toEqual(["New chat", "Clear the draft"]);
    expect(names("/", "usr")).toEqual([]);
  });

  it("is what has to do with the text in the middle of one", () => {
    expect(names("/", "", false)).toEqual(["Sum up", "Clear the draft"]);
  });

  it("is agents by the words of their names, and their ids", () => {
    expect(names("@", "sec")).toEqual(["Otto the Second"]);
    expect(names("@", "assi")).toEqual(["Reggie"]);
    const pick = vi.fn();
    offered("@", "otto", false, pick)[0]?.items[0]?.run?.();
    expect(pick).toHaveBeenCalledWith(agents[1]);
  });

  it("puts a prompt's text in the place of the word", () => {
    expect(offered("/", "sum")[0]?.items[0]).toMatchObject({ put: "Sum up {{text}}", note: "Sum up {{text}} · Tab fills in" });
  });
});
