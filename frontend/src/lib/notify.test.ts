// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { notifications, notify, turnOnNotifications } from "./notify";

const shown: string[] = [];
let permission: NotificationPermission = "default";

function Notice(title: string, { body, tag }: NotificationOptions): void {
  shown.push(`${title}: ${body} (${tag})`);
}
Object.defineProperty(Notice, "permission", { get: () => permission });
Notice.requestPermission = (): Promise<NotificationPermission> => Promise.resolve(permission);

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
}

beforeEach(() => vi.stubGlobal("Notification", Notice));
afterEach(() => {
  vi.unstubAllGlobals();
  notifications.set(false);
  shown.length = 0;
  hide(false);
});

it("tells nothing until it is turned on", () => {
  permission = "granted";
  hide(true);
  notify("Ready", "What is 2 + 2?", "ses_1");
  expect(shown).toEqual([]);
});

it("stays off where the browser does not allow it", async () => {
  permission = "denied";
  expect(await turnOnNotifications()).toBe(false);
  expect(notifications.get()).toBe(false);
});

it("tells of an answer only while the page is not looked at", async () => {
  permission = "granted";
  expect(await turnOnNotifications()).toBe(true);
  notify("Ready", "seen", "ses_1");
  hide(true);
  notify("Ready", "What is 2 + 2?", "ses_1");
  expect(shown).toEqual(["Ready: What is 2 + 2? (ses_1)"]);
});

it("outlives a browser that leaves notices to service workers", async () => {
  permission = "granted";
  await turnOnNotifications();
  hide(true);
  vi.stubGlobal(
    "Notification",
    Object.assign(
      function refuse() {
        throw new TypeError("Illegal constructor");
      },
      { permission: "granted" },
    ),
  );
  expect(() => notify("Ready", "x", "ses_1")).not.toThrow();
});
