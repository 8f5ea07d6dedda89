import { type ReactNode, useMemo } from "react";

import { Markdown } from "@/components/markdown";
import { Badge, Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui";
import type { Run, ToolCall } from "@/lib/api/types";
import { formatBytes } from "@/lib/format";

import { eventLines } from "../logic/runs";

/** The inside of a run: its messages, tool calls and events. */
export function RunParts({ run }: { run: Run }) {
  const tools = run.tools ?? [];
  const events = useMemo(() => eventLines(run.events ?? []), [run.events]);
  return (
    <div className="border-t border-line p-3">
      <Tabs defaultValue="messages">
        <TabsList aria-label="Parts of this run">
          <TabsTrigger value="messages">Messages</TabsTrigger>
          <TabsTrigger value="tools">Tool calls ({tools.length})</TabsTrigger>
          <TabsTrigger value="events">Events ({events.length})</TabsTrigger>
        </TabsList>
        <TabsContent value="messages">
          <Messages run={run} />
        </TabsContent>
        <TabsContent value="tools">
          {tools.length === 0 ? <Empty>No tool was called.</Empty> : tools.map((tool, index) => <Tool key={tool.tool_call_id || index} tool={tool} />)}
        </TabsContent>
        <TabsContent value="events">
          {events.length === 0 ? (
            <Empty>No event is kept yet.</Empty>
          ) : (
            <div className="overflow-x-auto">
              <table className="w-full text-left text-xs">
                <thead className="text-muted">
                  <tr>
                    <th scope="col" className="py-1 pr-4 font-medium">Index</th>
                    <th scope="col" className="py-1 pr-4 font-medium">After</th>
                    <th scope="col" className="py-1 pr-4 font-medium">Event</th>
                    <th scope="col" className="py-1 font-medium">What</th>
                  </tr>
                </thead>
                <tbody>
                  {events.map((event, index) => (
                    <tr key={index} className="border-t border-line align-top">
                      <td className="py-1 pr-4 tabular-nums">{event.index ?? "–"}</td>
                      <td className="py-1 pr-4 tabular-nums whitespace-nowrap">{event.offset === null ? "–" : `+${event.offset} s`}</td>
                      <td className="py-1 pr-4 font-mono">{event.name}</td>
                      <td className="py-1 break-words">{event.detail}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </TabsContent>
      </Tabs>
      <p className="mt-3 font-mono text-xs text-muted select-all">{run.run_id}</p>
    </div>
  );
}

function Messages({ run }: { run: Run }) {
  const answers = run.messages.filter((message) => message["role"] !== "user");
  return (
    <div className="space-y-4 text-sm">
      <Said by="User">
        <p className="break-words whitespace-pre-wrap">{run.run_input}</p>
        {run.attachments && run.attachments.length > 0 && (
          <ul className="mt-2 flex flex-wrap gap-1.5">
            {run.attachments.map((file) => (
              <li key={file.url}>
                <Badge>
                  {file.name} · {formatBytes(file.size)}
                </Badge>
              </li>
            ))}
          </ul>
        )}
      </Said>
      {run.reasoning_content && (
        <details className="rounded-lg bg-panel px-3 py-2">
          <summary className="cursor-pointer text-xs text-muted">Reasoning</summary>
          <p className="mt-2 break-words whitespace-pre-wrap">{run.reasoning_content}</p>
        </details>
      )}
      {answers.length === 0 && run.content && (
        <Said by="Agent">
          <Markdown text={run.content} />
        </Said>
      )}
      {answers.map((message, index) => (
        <Answer key={index} message={message} />
      ))}
      {run.feedback && (
        <p className="text-xs text-muted">
          Rated {run.feedback.rating === "up" ? "good" : "bad"}
          {run.feedback.reasons.length > 0 && `: ${run.feedback.reasons.join(", ")}`}
          {run.feedback.comment && ` – “${run.feedback.comment}”`}
        </p>
      )}
    </div>
  );
}

function Answer({ message }: { message: Record<string, unknown> }) {
  const content = typeof message["content"] === "string" ? message["content"] : "";
  if (message["role"] === "tool") {
    const name = typeof message["tool_name"] === "string" ? message["tool_name"] : "tool";
    return (
      <Said by={`Result of ${name}`}>
        <Plain text={content} />
      </Said>
    );
  }
  const calls = Array.isArray(message["tool_calls"]) ? message["tool_calls"].length : 0;
  return (
    <Said by="Agent">
      {content && <Markdown text={content} />}
      {calls > 0 && <p className="text-xs text-muted">Called {calls === 1 ? "a tool" : `${calls} tools`}.</p>}
    </Said>
  );
}

function Tool({ tool }: { tool: ToolCall }) {
  return (
    <details className="mb-2 rounded-lg border border-line px-3 py-2 text-sm">
      <summary className="cursor-pointer font-mono">
        {tool.tool_name} {tool.tool_call_error && <Badge tone="danger">failed</Badge>}
      </summary>
      <p className="mt-2 text-xs text-muted">Arguments</p>
      <Plain text={typeof tool.tool_args === "string" ? tool.tool_args : JSON.stringify(tool.tool_args ?? {}, null, 2)} />
      <p className="mt-2 text-xs text-muted">Result</p>
      <Plain text={tool.result ?? "(none)"} />
    </details>
  );
}

function Said({ by, children }: { by: string; children: ReactNode }) {
  return (
    <section>
      <h4 className="mb-1 text-xs font-medium text-muted">{by}</h4>
      {children}
    </section>
  );
}

function Plain({ text }: { text: string }) {
  return (
    // What a tool says can be long: keys must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre tabIndex={0} className="max-h-80 overflow-auto rounded-lg bg-panel p-2 text-xs break-words whitespace-pre-wrap">
      {text}
    </pre>
  );
}

function Empty({ children }: { children: ReactNode }) {
  return <p className="text-sm text-muted">{children}</p>;
}
