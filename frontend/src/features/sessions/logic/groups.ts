/** A list of sessions in the groups of the sidebar, by the calendar of the reader. */

export type GroupName = "Today" | "Yesterday" | "Previous 7 days" | "Older";

export interface Group<T> {
  name: GroupName;
  items: T[];
}

const ORDER: readonly GroupName[] = ["Today", "Yesterday", "Previous 7 days", "Older"];
const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Days since 1970 of the date that a calendar on the wall of `timeZone` shows. Counting dates instead of 24 hours keeps the two
 * days a year right that have 23 or 25 of them. */
export function calendarDay(moment: Date, timeZone?: string): number {
  const key = timeZone ?? "";
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, calendar: "gregory", numberingSystem: "latn", year: "numeric", month: "numeric", day: "numeric" });
    formats.set(key, format);
  }
  const parts = { year: 0, month: 0, day: 0 };
  for (const { type, value } of format.formatToParts(moment)) {
    if (type === "year" || type === "month" || type === "day") parts[type] = Number(value);
  }
  return Date.UTC(parts.year, parts.month - 1, parts.day) / DAY;
}

/** The group of a moment. What lies ahead, by a clock that goes wrong, is today's; an unreadable time is old. */
export function groupOf(moment: Date, now: Date, timeZone?: string): GroupName {
  if (Number.isNaN(moment.getTime())) return "Older";
  const days = calendarDay(now, timeZone) - calendarDay(moment, timeZone);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return days <= 7 ? "Previous 7 days" : "Older";
}

/** The groups that have items, newest first; the items of a group keep their order. */
export function grouped<T extends { updated_at: string }>(items: readonly T[], now: Date, timeZone?: string): Group<T>[] {
  const found = new Map<GroupName, T[]>();
  for (const item of items) {
    const name = groupOf(new Date(item.updated_at), now, timeZone);
    const group = found.get(name);
    if (group) group.push(item);
    else found.set(name, [item]);
  }
  return ORDER.flatMap((name) => {
    const group = found.get(name);
    return group ? [{ name, items: group }] : [];
  });
}
