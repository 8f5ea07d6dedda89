const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

type Moment = Date | number | string;

/** A date from what the API sends: an ISO string, or seconds or milliseconds since 1970. */
export function toDate(value: Moment): Date {
  if (value instanceof Date) return value;
  // 1e11 s is the year 5138; 1e11 ms is 1973: no date of ours lies on the wrong side.
  if (typeof value === "number") return new Date(value < 1e11 ? value * 1000 : value);
  return new Date(value);
}

/** "just now", "5 min ago", "3 h ago", "yesterday", "4 days ago", then the date. */
export function timeAgo(value: Moment, now: Moment = Date.now()): string {
  const date = toDate(value);
  const seconds = (toDate(now).getTime() - date.getTime()) / 1000;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 45) return "just now";
  if (seconds < HOUR) return `${Math.max(1, Math.round(seconds / MINUTE))} min ago`;
  const days = calendarDays(date, toDate(now));
  if (days === 0) return `${Math.max(1, Math.floor(seconds / HOUR))} h ago`;
  if (days === 1) return "yesterday";
  if (days < 7) return `${days} days ago`;
  return formatDay(date, now);
}

/** How many midnights lie between two moments, by this browser's clock. */
export function calendarDays(from: Date, to: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(to) - midnight(from)) / (DAY * 1000));
}

/** "22 Nov", with the year when it is not this one. */
export function formatDay(value: Moment, now: Moment = Date.now()): string {
  const date = toDate(value);
  if (Number.isNaN(date.getTime())) return "";
  const sameYear = date.getFullYear() === toDate(now).getFullYear();
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
}

/** "22 Nov 2026, 15:55". */
export function formatDateTime(value: Moment): string {
  const date = toDate(value);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** "987", "12.3k", "4.5M". */
export function formatTokens(count: number): string {
  if (!Number.isFinite(count)) return "";
  if (Math.abs(count) < 1000) return String(Math.round(count));
  if (Math.abs(count) < 999_950) return `${trim(count / 1000)}k`;
  return `${trim(count / 1_000_000)}M`;
}

/** US dollars: "$0", "<$0.0001", "$0.0042", "$0.12", "$1,234.50". */
export function formatMoney(dollars: number): string {
  if (!Number.isFinite(dollars)) return "";
  if (dollars === 0) return "$0";
  if (dollars > 0 && dollars < 0.0001) return "<$0.0001";
  const digits = Math.abs(dollars) < 0.1 ? 4 : 2;
  return dollars.toLocaleString("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: digits });
}

/** "512 B", "1.5 kB", "3.2 MB": thousands, as file managers count. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : trim(value)} ${units[unit] ?? ""}`;
}

/** Seconds: "120 ms", "3.4 s", "2 min 5 s", "1 h 3 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${trim(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR) return whole % MINUTE ? `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s` : `${whole / MINUTE} min`;
  const minutes = Math.round((whole % HOUR) / MINUTE);
  return minutes === 0 || minutes === MINUTE ? `${Math.round(whole / HOUR)} h` : `${Math.floor(whole / HOUR)} h ${minutes} min`;
}

/** One digit after the point, none when it would be a zero or the number is long. */
function trim(value: number): string {
  return Math.abs(value) >= 99.95 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}

/** The first letter of a name as its reader sees it, capital: for the round badge beside it. */
export function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return (first?.segment ?? "").toUpperCase();
}
