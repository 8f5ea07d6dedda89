export interface FieldError {
  field: string;
  reason: string;
}

/** What a request came to when it did not come to an answer. `detail` is a sentence for the reader. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 when nothing was reached. */
  readonly status: number;
  /** The API's `error_type`; "network" when nothing was reached. */
  readonly kind: string;
  readonly detail: string;
  /** What to quote in a report: the API's `error_id`. */
  readonly requestId: string | null;
  /** Seconds. */
  readonly retryAfter: number | null;
  readonly fields: readonly FieldError[];

  constructor(problem: {
    status: number;
    kind: string;
    detail: string;
    requestId?: string | null;
    retryAfter?: number | null;
    fields?: readonly FieldError[];
  }) {
    super(problem.detail);
    this.status = problem.status;
    this.kind = problem.kind;
    this.detail = problem.detail;
    this.requestId = problem.requestId ?? null;
    this.retryAfter = problem.retryAfter ?? null;
    this.fields = problem.fields ?? [];
  }
}

export function networkError(): ApiError {
  return new ApiError({ status: 0, kind: "network", detail: "Reggie could not be reached. Check your connection; nothing you typed is lost." });
}

/** The error in an answer that is not ok, whatever stands between us and the API put into its body. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  return errorFrom(response, parsed(text));
}

export function errorFrom(response: Response, body: unknown): ApiError {
  const fields = isRecord(body) ? body : {};
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiError({
    status: response.status,
    kind: text(fields.error_type) ?? (response.status >= 500 ? "unavailable" : "error"),
    detail: text(fields.detail) ?? sentence(response.status),
    requestId: text(fields.error_id) ?? response.headers.get("X-Request-Id"),
    retryAfter: Number.isFinite(wait) ? wait : null,
    fields: Array.isArray(fields.fields) ? fields.fields.filter(isFieldError) : [],
  });
}

/** What to say of an error from anywhere. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.detail : "Something went wrong in this page. Reload it to go on.";
}

function sentence(status: number): string {
  if (status === 401) return "You are signed out. Sign in to go on.";
  if (status === 403) return "You may not do this.";
  if (status === 404) return "This is not there, or not yours to see.";
  if (status === 413) return "This is too large to send.";
  if (status === 429) return "Too many requests at once. Wait a moment.";
  if (status >= 500) return "Reggie is not well just now. Try again in a moment.";
  return "The request was refused.";
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value.field === "string" && typeof value.reason === "string";
}
