/** A session as a file on the reader's disk. */

import { toast } from "@/components/ui";
import { apiFetch, messageOf } from "@/lib/api";
import type { Session } from "@/lib/api/types";
import { save } from "@/lib/save";

export type ExportFormat = "markdown" | "json";

export async function exportSession(session: Pick<Session, "session_id" | "session_name">, format: ExportFormat): Promise<void> {
  try {
    const response = await apiFetch(`/sessions/${encodeURIComponent(session.session_id)}/export?format=${format}`);
    save(await response.blob(), fileName(response.headers.get("Content-Disposition")) ?? `${session.session_id}.${format === "json" ? "json" : "md"}`);
  } catch (error) {
    toast(`“${session.session_name}” could not be exported: ${messageOf(error)}`);
  }
}

/** The name that the server gave, without anything that could be a path. RFC 6266: `filename*` wins. */
export function fileName(disposition: string | null): string | null {
  if (!disposition) return null;
  const coded = /filename\*\s*=\s*UTF-8''([^;]+)/i.exec(disposition)?.[1];
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;]+))/i.exec(disposition);
  const name = (coded ? decoded(coded) : null) ?? plain?.[1] ?? plain?.[2] ?? "";
  return name.trim().replaceAll(/[/\\]/g, "_") || null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
