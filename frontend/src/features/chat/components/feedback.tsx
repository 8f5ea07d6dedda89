import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useState } from "react";

import { Button, Dialog, IconButton, Textarea, toast } from "@/components/ui";
import { messageOf } from "@/lib/api";
import type { Feedback } from "@/lib/api/types";
import { cn } from "@/lib/cn";

import type { ThreadRun } from "../conversation/state";
import { useChat } from "./chat-context";

const REASONS = {
  up: ["Correct", "Clear", "Complete", "Creative", "Good use of tools"],
  down: ["Not correct", "Did not do what I asked", "Too long", "Too short", "Unclear", "Harmful", "Wrong tool or source"],
};
const MOST_REASONS = 5;
const LONGEST_COMMENT = 2000;

/** Thumbs under an answer. The thumb counts at once; reasons and a comment may follow. */
export function FeedbackButtons({ run }: { run: ThreadRun }) {
  const { conversation } = useChat();
  const [asking, setAsking] = useState(false);
  const rating = run.feedback?.rating ?? null;
  const give = (feedback: Feedback | null): void => {
    conversation.rate(run, feedback).catch((error: unknown) => toast(messageOf(error)));
  };
  const press = (pressed: "up" | "down"): void => {
    if (rating === pressed) {
      give(null);
      return;
    }
    give({ rating: pressed, reasons: [], comment: "" });
    setAsking(true);
  };
  return (
    <>
      <IconButton label="Good answer" size="sm" aria-pressed={rating === "up"} onClick={() => press("up")}>
        <ThumbsUp aria-hidden className={rating === "up" ? "fill-current" : undefined} />
      </IconButton>
      <IconButton label="Bad answer" size="sm" aria-pressed={rating === "down"} onClick={() => press("down")}>
        <ThumbsDown aria-hidden className={rating === "down" ? "fill-current" : undefined} />
      </IconButton>
      {asking && run.feedback && <FeedbackDialog feedback={run.feedback} onGive={give} onClose={() => setAsking(false)} />}
    </>
  );
}

interface DialogProps {
  feedback: Feedback;
  onGive: (feedback: Feedback) => void;
  onClose: () => void;
}

function FeedbackDialog({ feedback, onGive, onClose }: DialogProps) {
  const [reasons, setReasons] = useState<readonly string[]>(feedback.reasons);
  const [comment, setComment] = useState(feedback.comment);
  const toggle = (reason: string): void => setReasons(reasons.includes(reason) ? reasons.filter((one) => one !== reason) : [...reasons, reason].slice(-MOST_REASONS));
  const send = (): void => {
    onGive({ rating: feedback.rating, reasons: [...reasons], comment: comment.trim() });
    onClose();
  };
  return (
    <Dialog
      open
      title={feedback.rating === "up" ? "What was good?" : "What was wrong?"}
      description="Your rating is kept. Say more if you like."
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Skip</Button>
          <Button variant="primary" onClick={send}>
            Send
          </Button>
        </>
      }
    >
      <div role="group" aria-label="Reasons" className="mb-3 flex flex-wrap gap-2">
        {REASONS[feedback.rating].map((reason) => (
          <button
            key={reason}
            type="button"
            aria-pressed={reasons.includes(reason)}
            onClick={() => toggle(reason)}
            className={cn("min-h-8 rounded-full border border-line px-3 text-sm hover:bg-panel pointer-coarse:min-h-11", reasons.includes(reason) && "border-accent bg-accent-soft")}
          >
            {reason}
          </button>
        ))}
      </div>
      <Textarea aria-label="Comment" placeholder="A comment (optional)" maxLength={LONGEST_COMMENT} value={comment} onChange={(event) => setComment(event.target.value)} />
    </Dialog>
  );
}
