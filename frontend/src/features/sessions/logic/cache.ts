/** What a change of a session does to the lists that are kept of it: pure functions from one cached list to the next. */

/** What a list was asked for, as far as it decides which sessions stand in it. Undefined: either. */
export interface Wanted {
  pinned?: boolean | undefined;
  archived?: boolean | undefined;
  tag?: string | undefined;
  agent?: string | undefined;
}

export interface Row {
  session_id: string;
  updated_at: string;
  agent_id?: string | null | undefined;
  pinned: boolean;
  archived: boolean;
  tags: string[];
}

export interface Page<T> {
  data: T[];
  meta: { total_count: number };
}

/** A list that grows as it is scrolled, as TanStack Query keeps it. */
export interface Pages<T> {
  pages: Page<T>[];
  pageParams: unknown[];
}

export function belongs(row: Row, wanted: Wanted): boolean {
  return (
    (wanted.pinned === undefined || row.pinned === wanted.pinned) &&
    (wanted.archived === undefined || row.archived === wanted.archived) &&
    (wanted.tag === undefined || row.tags.includes(wanted.tag)) &&
    (wanted.agent === undefined || row.agent_id === wanted.agent)
  );
}

/** The sessions of all pages in order. One that moved between two pages while they were read stands once. */
export function flat<T extends { session_id: string }>(pages: readonly { data: readonly T[] }[]): T[] {
  const seen = new Set<string>();
  return pages.flatMap((page) => page.data.filter((row) => !seen.has(row.session_id) && seen.add(row.session_id)));
}

/** The list with this session as it is now: replaced where it stands, taken out when it no longer belongs, put in its place by
 * `updated_at` (newest first) when it belongs now. */
export function withRow<T extends Row>(list: Pages<T>, row: T, wanted: Wanted): Pages<T> {
  const stands = list.pages.flatMap((page) => page.data).find((other) => other.session_id === row.session_id);
  if (!belongs(row, wanted)) return stands ? withoutRows(list, new Set([row.session_id])) : list;
  if (stands && stands.updated_at !== row.updated_at) return inserted(withoutRows(list, new Set([row.session_id])), row);
  if (stands) {
    return mapPages(list, (page) => {
      if (!page.data.some((other) => other.session_id === row.session_id)) return page;
      return { ...page, data: page.data.map((other) => (other.session_id === row.session_id ? row : other)) };
    });
  }
  return inserted(list, row);
}

/** The list without these sessions. */
export function withoutRows<T extends { session_id: string }>(list: Pages<T>, ids: ReadonlySet<string>): Pages<T> {
  return mapPages(list, (page) => pageWithout(page, ids));
}

export function pageWithout<T extends { session_id: string }>(page: Page<T>, ids: ReadonlySet<string>): Page<T> {
  const data = page.data.filter((row) => !ids.has(row.session_id));
  if (data.length === page.data.length) return page;
  const gone = page.data.length - data.length;
  return { ...page, data, meta: { ...page.meta, total_count: Math.max(0, page.meta.total_count - gone) } };
}

/** The fields of `row` that `patch` is about to change: what brings the row back, and nothing that others changed meanwhile. */
export function inverse<T extends object, K extends keyof T>(row: T, patch: Pick<T, K>): Pick<T, K> {
  const before = {} as Pick<T, K>;
  for (const key of Object.keys(patch) as K[]) before[key] = row[key];
  return before;
}

function inserted<T extends Row>(list: Pages<T>, row: T): Pages<T> {
  const place = list.pages.findIndex((page) => page.data.some((other) => other.updated_at < row.updated_at));
  const index = place === -1 ? list.pages.length - 1 : place;
  return mapPages(list, (page, at) => {
    if (at !== index) return page;
    const behind = page.data.findIndex((other) => other.updated_at < row.updated_at);
    const cut = behind === -1 ? page.data.length : behind;
    const data = [...page.data.slice(0, cut), row, ...page.data.slice(cut)];
    return { ...page, data, meta: { ...page.meta, total_count: page.meta.total_count + 1 } };
  });
}

function mapPages<T>(list: Pages<T>, change: (page: Page<T>, index: number) => Page<T>): Pages<T> {
  const pages = list.pages.map(change);
  return pages.every((page, index) => page === list.pages[index]) ? list : { ...list, pages };
}
