/** The API's shapes by the names the pages use. The API leaves out fields that are null: hence the `?`. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Fields with a null in them may be missing altogether. */
type Sparse<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & { [K in keyof T as null extends T[K] ? K : never]?: T[K] | undefined };

export type Agent = Sparse<Schemas["AgentDetail"]>;

interface SessionMarks {
  pinned: boolean;
  archived: boolean;
  tags: string[];
  unread: boolean;
  running: boolean;
  /** How many runs it has. */
  runs: number;
  /** US dollars. */
  cost: number;
  shared: boolean;
}

export type Session = Sparse<Schemas["SessionItem"]> & SessionMarks;
export type SessionDetail = Sparse<Schemas["SessionDetail"]> & SessionMarks;

export interface SessionPage {
  data: Session[];
  meta: Schemas["PageMeta"];
}

export interface RunMetrics {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  cached_tokens?: number;
  cache_read_tokens?: number;
  reasoning_tokens?: number;
  /** US dollars. */
  cost?: number;
  /** Seconds. */
  duration?: number;
  /** Seconds. */
  time_to_first_token?: number;
  database?: Record<string, unknown>;
}

export interface Attachment {
  name: string;
  content_type: string;
  /** Bytes. */
  size: number;
  /** A path of the API; it needs the bearer token: fetch it with apiFetch. */
  url: string;
}

export interface Feedback {
  rating: "up" | "down";
  reasons: string[];
  comment: string;
}

export interface ToolCall {
  tool_call_id: string;
  tool_name: string;
  tool_args?: Record<string, unknown>;
  result?: string | null;
  tool_call_error?: boolean | null;
}

export type Run = Omit<Sparse<Schemas["RunItem"]>, "metrics" | "parent_run_id" | "feedback" | "attachments" | "tools" | "agent_version" | "model"> & {
  parent_run_id?: string | null;
  metrics: RunMetrics;
  tools?: ToolCall[] | null;
  feedback?: Feedback | null;
  agent_version?: number | null;
  model?: string | null;
  attachments?: Attachment[];
};

export interface Share {
  share_id: string;
  url: string;
  created_at: string;
}

export interface SharedSession {
  title: string;
  agent_name: string;
  created_at: string;
  messages: { role: string; content: string; created_at: string }[];
}

/** From and to, in UTF-16 units as JavaScript counts. */
export type TextRange = [number, number];

export interface SearchHit {
  session_id: string;
  session_name: string;
  agent_id?: string | null;
  updated_at: string;
  title_ranges: TextRange[];
  snippets: { run_id: string; role: "user" | "assistant"; text: string; ranges: TextRange[] }[];
}

/** A tag, and how many of the caller's sessions have it. */
export type TagUse = Schemas["TagItem"];

/** A browser in which the reader is signed in. */
export type SignInItem = Schemas["SignInItem"];

export interface User {
  id: string;
  email: string;
  name: string;
}

export interface Workspace {
  id: string;
  name: string;
}

/** The answer to a sign-in and to a refresh. */
export interface Signed {
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  user: User;
  workspaces: Workspace[];
}

export type IdentityConfig =
  | { identity: "builtin" }
  | { identity: "oidc"; issuer: string; client_id: string; scopes: string }
  | { identity: "firebase"; api_key: string; project: string; sign_in_url: string; refresh_url: string };
