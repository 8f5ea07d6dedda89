import { Archive, Link2, Pin } from "lucide-react";

import { Badge, Spinner, Tooltip } from "@/components/ui";
import type { Session } from "@/lib/api/types";

type Marked = Pick<Session, "pinned" | "archived" | "shared" | "running" | "tags">;

/** The states and tags of a session, in words and signs. */
export function SessionMarks({ session, onTag }: { session: Marked; onTag?: (tag: string) => void }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5 align-middle empty:hidden">
      {session.running && (
        <Badge tone="accent">
          <Spinner label={null} className="[&_svg]:size-3" /> Running
        </Badge>
      )}
      {session.pinned && <Sign text="Pinned" icon={<Pin aria-hidden />} />}
      {session.archived && <Sign text="Archived" icon={<Archive aria-hidden />} />}
      {session.shared && <Sign text="Shared by a link" icon={<Link2 aria-hidden />} />}
      {session.tags.map((tag) =>
        onTag ? (
          <button
            key={tag}
            type="button"
            onClick={() => onTag(tag)}
            aria-label={`Show sessions tagged ${tag}`}
            className="relative z-10 inline-flex min-h-6 items-center rounded-md bg-line/60 px-1.5 text-xs font-medium hover:bg-accent-soft"
          >
            {tag}
          </button>
        ) : (
          <Badge key={tag}>{tag}</Badge>
        ),
      )}
    </span>
  );
}

function Sign({ text, icon }: { text: string; icon: React.ReactNode }) {
  return (
    <Tooltip text={text}>
      <span className="text-muted [&_svg]:size-3.5">{icon}</span>
      <span className="sr-only">{text}</span>
    </Tooltip>
  );
}
