import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError } from "../api";
import { credentials } from "../api/credentials";
import type { IdentityProvider, Person } from "./provider";
import { RENEW_AHEAD, SessionKeeper } from "./session";

const MINUTES = 60_000;

function person(token: string, lives = 10 * MINUTES): Person {
  return {
    accessToken: token,
    expiresAt: Date.now() + lives,
    user: { id: "usr_1", email: "a@example.com", name: "A" },
    workspaces: [
      { id: "wsp_1", name: "One" },
      { id: "wsp_2", name: "Two" },
    ],
  };
}

/** An identity system whose answers the test gives one by one. */
class Scripted implements IdentityProvider {
  readonly kind = "builtin";
  asked = 0;
  private waiting: { resolve: (person: Person | null) => void; reject: (error: Error) => void }[] = [];

  refresh = (): Promise<Person | null> => {
    this.asked += 1;
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  };
  answer = async (found: Person | null): Promise<void> => {
    this.waiting.shift()?.resolve(found);
    await vi.advanceTimersByTimeAsync(0);
  };
  fail = async (error: Error): Promise<void> => {
    this.waiting.shift()?.reject(error);
    await vi.advanceTimersByTimeAsync(0);
  };
  signIn = (): Promise<Person> => Promise.resolve(person("signed-in"));
  signOut = (): Promise<string | null> => Promise.resolve(null);
  signOutEverywhere = (): Promise<void> => Promise.resolve();
}

let identity: Scripted;
let keeper: SessionKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  identity = new Scripted();
  keeper = new SessionKeeper(identity);
});

afterEach(async () => {
  await keeper.signOut();
  vi.useRealTimers();
});

describe("refreshing", () => {
  it("asks once for all who ask at the same time", async () => {
    const both = Promise.all([keeper.refresh(), keeper.refresh(), credentials().refresh()]);
    await identity.answer(person("fresh"));
    expect(await both).toEqual(["fresh", "fresh", "fresh"]);
    expect(identity.asked).toBe(1);
    expect(keeper.store.get().state).toBe("signed-in");
  });

  it("happens by itself a minute before the token ends", async () => {
    void keeper.refresh();
    await identity.answer(person("first"));
    await vi.advanceTimersByTimeAsync(10 * MINUTES - RENEW_AHEAD - 1000);
    expect(identity.asked).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(identity.asked).toBe(2);
    await identity.answer(person("second"));
    expect(credentials().accessToken()).toBe("second");
  });

  it("is tried again when nothing was reached, and keeps who was signed in", async () => {
    void keeper.refresh();
    await identity.answer(person("first"));
    await vi.advanceTimersByTimeAsync(10 * MINUTES - RENEW_AHEAD);
    await identity.fail(new ApiError({ status: 0, kind: "network", detail: "" }));
    expect(keeper.store.get().state).toBe("signed-in");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(identity.asked).toBe(3);
  });

  it("that finds nobody signs out", async () => {
    void keeper.refresh();
    await identity.answer(null);
    expect(keeper.store.get()).toMatchObject({ state: "signed-out", user: null, workspace: null });
    expect(credentials().accessToken()).toBeNull();
  });

  it("that was under way cannot undo a sign-out", async () => {
    void keeper.refresh();
    await identity.answer(person("first"));
    const late = keeper.refresh();
    await keeper.signOut();
    await identity.answer(person("late"));
    expect(await late).toBeNull();
    expect(keeper.store.get().state).toBe("signed-out");
  });

  it("that was under way cannot undo a sign-in", async () => {
    const late = keeper.refresh();
    await keeper.signIn({ email: "a@example.com", password: "p" });
    await identity.answer(null);
    expect(await late).toBe("signed-in");
    expect(keeper.store.get().state).toBe("signed-in");
  });
});

describe("signing out", () => {
  it("ends it here even when the API cannot be told", async () => {
    await keeper.signIn({});
    identity.signOut = () => Promise.reject(new ApiError({ status: 0, kind: "network", detail: "" }));
    await expect(keeper.signOut()).rejects.toThrow();
    expect(keeper.store.get().state).toBe("signed-out");
    expect(keeper.leftOnPurpose).toBe(true);
    identity.signOut = () => Promise.resolve(null);
  });

  it("forgets drafts and keeps what says nothing of a person", async () => {
    await keeper.signIn({});
    localStorage.setItem("reggie.v1.draft.ses_1", '"secret"');
    localStorage.setItem("reggie.v1.theme", '"dark"');
    localStorage.setItem("another", "1");
    await keeper.signOut();
    expect(Object.fromEntries(Object.entries(localStorage))).toEqual({ "reggie.v1.theme": '"dark"', another: "1" });
  });
});

describe("workspaces", () => {
  it("begin with the first and stay as chosen", async () => {
    await keeper.signIn({});
    expect(credentials().workspaceId()).toBe("wsp_1");
    keeper.chooseWorkspace("wsp_2");
    keeper.chooseWorkspace("wsp_of_someone_else");
    void keeper.refresh();
    await identity.answer(person("next"));
    expect(credentials().workspaceId()).toBe("wsp_2");
  });
});
