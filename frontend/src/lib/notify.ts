import { stored } from "./storage";

/** Whether the system tells of an answer that came while the page was not looked at. Off until somebody turns it on. */
export const notifications = stored("notifications", false, (value) => typeof value === "boolean");

/** Turns them on, if the person lets the browser. Answers whether they are on now. */
export async function turnOnNotifications(): Promise<boolean> {
  const allowed = "Notification" in globalThis && (await Notification.requestPermission()) === "granted";
  notifications.set(allowed);
  return allowed;
}

/** `about`: a later notice about the same thing takes the place of an earlier one. */
export function notify(title: string, body: string, about: string): void {
  if (!notifications.get() || !document.hidden || !("Notification" in globalThis) || Notification.permission !== "granted") return;
  try {
    const notice = new Notification(title, { body, tag: about, icon: `${import.meta.env.BASE_URL}icon-192.png` });
    notice.onclick = () => {
      focus();
      notice.close();
    };
  } catch {
    // Android's browsers leave notices to service workers: the mark in the tab's title has to do.
  }
}
