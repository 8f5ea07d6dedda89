import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { Download, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";

import { Button, Dialog, Field, Input } from "@/components/ui";
import { messageOf } from "@/lib/api";
import { save } from "@/lib/save";
import { createStore, useStore } from "@/lib/store";

import { Section } from "../section";
import { deleteAllSessions } from "./delete-all";
import { SessionsExport } from "./export-all";
import { sessionCounts } from "./list";
import { Task, type TaskState } from "./task";

const exporting = new Task();
const deleting = new Task();
/** The export that goes on after a failure. */
let unfinished: SessionsExport | null = null;
const tooLarge = createStore<readonly string[]>([]);

const WORDS = "delete all";

function startExport(): void {
  const work = (unfinished ??= new SessionsExport());
  void exporting.run(async (report, signal) => {
    const file = await work.run(report, signal);
    tooLarge.set([...work.tooLarge]);
    unfinished = null;
    save(file, `reggie-sessions-${new Date().toISOString().slice(0, 10)}.jsonl`);
  });
}

function cancelExport(): void {
  unfinished = null;
  tooLarge.set([]);
  exporting.cancel();
}

function startDeletion(client: QueryClient): void {
  void deleting.run(deleteAllSessions).finally(() => {
    for (const noun of ["session", "runs", "search"]) client.removeQueries({ queryKey: [noun] });
    for (const noun of ["sessions", "tags"]) void client.invalidateQueries({ queryKey: [noun] });
  });
}

/** The reader's sessions as one file, and their end. */
export function MySessions() {
  const client = useQueryClient();
  const saved = useStore(exporting.state);
  const removed = useStore(deleting.state);
  const left = useStore(tooLarge);
  const [asking, setAsking] = useState(false);
  return (
    <Section title="My sessions">
      <p className="text-sm text-muted">
        All your sessions of this workspace, the archived ones too, as one file: a line of JSON for each session, with everything that its runs hold but the files
        that were attached. It is for your records and for other programs; Reggie does not read it back.
      </p>
      <Progress task={saved} doing="Exporting sessions" did="exported" onStop={cancelExport} onAgain={startExport} />
      {left.length > 0 && <p className="text-sm text-warning">Too large for the file, export them one by one as Markdown: {left.join(", ")}</p>}
      {saved.phase !== "running" && (
        <Button className="self-start" icon={<Download aria-hidden />} disabled={removed.phase === "running"} onClick={() => {
            cancelExport();
            startExport();
          }}>
          Export all my sessions
        </Button>
      )}
      <Progress task={removed} doing="Deleting sessions" did="deleted" onStop={() => deleting.cancel()} onAgain={() => startDeletion(client)} />
      {removed.phase !== "running" && (
        <Button className="self-start" variant="danger" icon={<Trash2 aria-hidden />} disabled={saved.phase === "running"} onClick={() => setAsking(true)}>
          Delete all my sessions
        </Button>
      )}
      {asking && (
        <Confirmation
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            deleting.cancel();
            startDeletion(client);
          }}
        />
      )}
    </Section>
  );
}

interface ProgressProps {
  task: TaskState;
  doing: string;
  did: string;
  onStop: () => void;
  onAgain: () => void;
}

function Progress({ task, doing, did, onStop, onAgain }: ProgressProps) {
  const { phase, done, total } = task;
  if (phase === "idle") return null;
  if (phase === "done") {
    return (
      <p role="status" className="text-sm">
        {done === 1 ? "1 session" : `${done} sessions`} {did}.
      </p>
    );
  }
  if (phase === "failed") {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-2 text-sm">
        <span className="text-danger">
          It stopped after {done} of {total}: {messageOf(task.error)}
        </span>
        <Button size="sm" onClick={onAgain}>
          Go on
        </Button>
      </div>
    );
  }
  return (
    <div className="flex items-center gap-3 text-sm">
      <progress aria-label={doing} max={Math.max(1, total)} value={done} className="h-2 min-w-0 flex-1 accent-accent" />
      <span className="tabular-nums">
        {done} of {total}
      </span>
      <Button size="sm" onClick={onStop}>
        Stop
      </Button>
    </div>
  );
}

function Confirmation({ onClose, onConfirm }: { onClose: () => void; onConfirm: () => void }) {
  const [typed, setTyped] = useState("");
  const count = useCount();
  const sure = typed.trim().toLowerCase() === WORDS;
  return (
    <Dialog
      open
      title="Delete all my sessions?"
      description={`${count === null ? "All your sessions" : count === 1 ? "Your 1 session" : `All ${count} of your sessions`} of this workspace, with their answers, files and public links, are deleted for good. Nobody can bring them back.`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" disabled={!sure} onClick={onConfirm}>
            Delete all
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (sure) onConfirm();
        }}
      >
        <Field label={`Type “${WORDS}” to confirm`}>{(ids) => <Input {...ids} autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />}</Field>
      </form>
    </Dialog>
  );
}

/** Null: not known (yet). */
function useCount(): number | null {
  const [count, setCount] = useState<number | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    sessionCounts(controller.signal).then((lists) => setCount(lists.reduce((sum, list) => sum + list.count, 0)), () => undefined);
    return () => controller.abort();
  }, []);
  return count;
}
