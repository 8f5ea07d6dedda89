/** Where the app lies. */
export const BASE = "/app";

/** The sign-in page's address; `to`: a path of the app's where the person wanted to go; `elsewhere`: they signed out in another tab. */
export function signInAddress(to: string | null, elsewhere = false): string {
  const told = [...(to === null || to === "/" ? [] : [`to=${encodeURIComponent(to)}`]), ...(elsewhere ? ["left=elsewhere"] : [])];
  return `${BASE}/sign-in${told.length === 0 ? "" : `?${told.join("&")}`}`;
}

/** A path of this app's, whatever an address bar was given: never another host, never a scheme. */
export function ownPath(to: unknown): string {
  if (typeof to !== "string" || !/^\/(?![/\\])/.test(to)) return "/chat";
  const url = new URL(to, "https://reggie.invalid");
  if (url.host !== "reggie.invalid" || url.pathname.startsWith("/sign-in")) return "/chat";
  return url.pathname + url.search;
}
