/** Where the app lies. */
export const BASE = "/app";

/** The sign-in page's address; `to`: a path of the app's where the person wanted to go. */
export function signInAddress(to: string | null): string {
  return `${BASE}/sign-in${to === null || to === "/" ? "" : `?to=${encodeURIComponent(to)}`}`;
}

/** A path of this app's, whatever an address bar was given: never another host, never a scheme. */
export function ownPath(to: unknown): string {
  if (typeof to !== "string" || !/^\/(?![/\\])/.test(to)) return "/chat";
  const url = new URL(to, "https://reggie.invalid");
  if (url.host !== "reggie.invalid" || url.pathname.startsWith("/sign-in")) return "/chat";
  return url.pathname + url.search;
}
