import { useEffect, useRef } from "react";

import { Input } from "@/components/ui";

interface Props {
  name: string;
  /** The new name; null when it stays as it was. */
  onDone: (name: string | null, by: "key" | "blur") => void;
}

/** The session's name in a field: Enter and leaving it keep the change, Escape drops it. */
export function RenameField({ name, onDone }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => {
    // A menu that closes gives the focus back first.
    const frame = requestAnimationFrame(() => field.current?.select());
    return () => cancelAnimationFrame(frame);
  }, []);
  const finish = (value: string | null, by: "key" | "blur"): void => {
    if (done.current) return;
    done.current = true;
    const wanted = value?.trim() ?? "";
    onDone(wanted === "" || wanted === name ? null : wanted, by);
  };
  return (
    <Input
      ref={field}
      defaultValue={name}
      maxLength={200}
      aria-label="New name"
      className="h-8 flex-1 px-2"
      onBlur={(event) => finish(event.target.value, "blur")}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") finish(event.currentTarget.value, "key");
        if (event.key === "Escape") finish(null, "key");
      }}
    />
  );
}
