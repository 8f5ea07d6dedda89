import type { ErrorComponentProps } from "@tanstack/react-router";
import { Link } from "@tanstack/react-router";
import { Compass, RotateCw } from "lucide-react";
import { Component, type ErrorInfo, type ReactNode } from "react";

import { Button, EmptyState } from "@/components/ui";
import { ApiError } from "@/lib/api";

/** The last net: an error that no page's own boundary caught. */
export class RootBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error | null } {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error("the page broke", error, info.componentStack);
  }

  override render(): ReactNode {
    return this.state.error ? <Broken error={this.state.error} /> : this.props.children;
  }
}

/** A page that broke; what stands around it works on. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <Broken error={error} onRetry={reset} />;
}

function Broken({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const about = error instanceof ApiError ? error.detail : "Something in it went wrong. What you have typed is kept.";
  return (
    <div role="alert" className="flex h-full min-h-60 items-center justify-center">
      <EmptyState
        icon={<RotateCw />}
        title="This page broke"
        text={about}
        action={
          <div className="flex gap-2">
            {onRetry && <Button onClick={onRetry}>Try again</Button>}
            <Button variant="primary" onClick={() => location.reload()}>
              Reload
            </Button>
          </div>
        }
      />
    </div>
  );
}

export function NotFound() {
  return (
    <main className="flex h-full min-h-dvh items-center justify-center">
      <EmptyState
        icon={<Compass />}
        title="There is no such page"
        text="The address may be mistyped, or the page has moved."
        action={
          <Link to="/chat" className="inline-flex h-9 items-center rounded-lg bg-accent px-3.5 text-sm font-medium text-accent-text">
            Go to the chat
          </Link>
        }
      />
    </main>
  );
}
