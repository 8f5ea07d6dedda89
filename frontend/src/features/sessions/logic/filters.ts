/** What the Sessions page shows, as it stands in its address. */

export const PAGE_SIZES = [20, 50, 100] as const;
export type SortBy = "updated_at" | "created_at";
export type SortOrder = "asc" | "desc";

/** Only what differs from the default stands in the address. */
export interface SessionsSearch {
  q?: string;
  agent?: string;
  tag?: string;
  archived?: boolean;
  running?: boolean;
  sort?: SortBy;
  order?: SortOrder;
  page?: number;
  size?: number;
}

/** An address is typed, shortened and passed on by people: what cannot be read is left out, never an error. */
export function validSessionsSearch(raw: Record<string, unknown>): SessionsSearch {
  const search: SessionsSearch = {};
  const q = text(raw["q"], 200);
  const agent = text(raw["agent"], 128);
  const tag = text(raw["tag"], 40);
  const page = whole(raw["page"]);
  const size = whole(raw["size"]);
  if (q) search.q = q;
  if (agent) search.agent = agent;
  if (tag) search.tag = tag;
  if (raw["archived"] === true || raw["archived"] === "true") search.archived = true;
  if (raw["running"] === true || raw["running"] === "true") search.running = true;
  if (raw["sort"] === "created_at") search.sort = "created_at";
  if (raw["order"] === "asc") search.order = "asc";
  if (page > 1 && page <= 1000) search.page = page;
  if (size !== PAGE_SIZES[0] && PAGE_SIZES.some((known) => known === size)) search.size = size;
  return search;
}

/** The search with one thing changed. Whatever changes what is found leads back to the first page. */
export function withFilter(search: SessionsSearch, change: Record<string, unknown>): SessionsSearch {
  const pages = "page" in change ? {} : { page: undefined };
  return validSessionsSearch({ ...search, ...pages, ...change });
}

/** Whether anything but sorting and paging is set. */
export function isFiltered(search: SessionsSearch): boolean {
  return Boolean(search.q ?? search.agent ?? search.tag ?? search.archived ?? search.running);
}

/** The parameters of GET /sessions. */
export function listQuery(search: SessionsSearch): Record<string, string> {
  const query: Record<string, string> = {
    page: String(search.page ?? 1),
    limit: String(search.size ?? PAGE_SIZES[0]),
    sort_by: search.sort ?? "updated_at",
    sort_order: search.order ?? "desc",
    archived: String(search.archived ?? false),
  };
  if (search.q) query["session_name"] = search.q;
  if (search.agent) query["component_id"] = search.agent;
  if (search.tag) query["tag"] = search.tag;
  if (search.running) query["running"] = "true";
  return query;
}

function text(value: unknown, longest: number): string {
  // The router reads ?q=42 as a number.
  const written = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof written === "string" ? written.slice(0, longest) : "";
}

function whole(value: unknown): number {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : 0;
}
