import { ApiError, networkError } from "./errors";

/** JSON from an address that is not our API's: an identity system. The page's policy must name its host. */
export async function externalJson<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: "omit", referrerPolicy: "no-referrer" });
  } catch {
    throw networkError();
  }
  if (response.ok) return (await response.json()) as T;
  const detail = await response.text().catch(() => "");
  throw new ApiError({ status: response.status, kind: "identity", detail: detail.slice(0, 500) || "The sign-in service refused." });
}
