// Directions and isolates that reorder what is around them, and characters that show nothing: with them a link's text or a
// line of code reads otherwise than it is. (Unicode TR 36 and 39; "Trojan Source", CVE-2021-42574.)
const INVISIBLE = /[\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu;
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/g;
const LONGEST_LINK = 4096;
const LONGEST_DATA_IMAGE = 4_000_000;
const IMAGE_DATA = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** Text without characters that reorder or hide. */
export const withoutInvisible = (text: string): string => text.replace(INVISIBLE, "").replace(CONTROL, "");

/** Text in which such characters can be seen by their numbers: for code, where leaving them out would change its meaning. */
export const withVisibleControls = (text: string): string =>
  text.replace(INVISIBLE, named).replace(CONTROL, named);

const named = (character: string): string =>
  `⟦U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟧`;

export interface SafeLink {
  href: string;
  /** Host with port as the browser will use it (punycode for other scripts), or the address of a mail link. */
  host: string;
}

/**
 * The address to which a link may lead, or null. Only absolute http, https and mailto; no user name in it, which is there to make
 * "https://bank.example@evil.example" look like the bank; of a mail link only the address, so that no text is filled in.
 */
export function safeLink(url: string): SafeLink | null {
  if (url.length > LONGEST_LINK || url !== withoutInvisible(url)) return null;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  if (parsed.protocol === "mailto:") {
    const address = parsed.pathname;
    return /^[^\s@/?#%<>"]+@[^\s@/?#%<>"]+$/.test(address) ? { href: `mailto:${address}`, host: address } : null;
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") return null;
  if (!/^https?:\/\/[^/\\]/i.test(url) || parsed.username || parsed.password || !parsed.host) return null;
  return { href: parsed.href, host: parsed.host };
}

/** Whether a link's text itself names its host first, so that the host need not be shown once more. */
export function namesHost(text: string, link: SafeLink): boolean {
  const shown = withoutInvisible(text).trim().toLowerCase().replace(/^(?:https?:\/\/|mailto:)/, "");
  const rest = shown.startsWith(link.host) ? shown.slice(link.host.length) : null;
  return rest !== null && (rest === "" || "/?#".includes(rest.charAt(0)));
}

/** Whether this is a picture that lies in the text itself, of a kind that cannot run anything (SVG can). */
export const isDataImage = (url: string): boolean =>
  url.length <= LONGEST_DATA_IMAGE && IMAGE_DATA.test(url);
