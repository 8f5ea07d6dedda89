import * as Pop from "@radix-ui/react-popover";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

import { PANEL, usePortalTarget } from "./portal";

/** Never modal: see never-modal.ts. */
export function Popover(props: Omit<ComponentProps<typeof Pop.Root>, "modal">) {
  return <Pop.Root {...props} modal={false} />;
}

export const PopoverTrigger = Pop.Trigger;
export const PopoverAnchor = Pop.Anchor;
export const PopoverClose = Pop.Close;

export function PopoverContent({ className, ...rest }: ComponentProps<typeof Pop.Content>) {
  return (
    <Pop.Portal container={usePortalTarget()}>
      <Pop.Content sideOffset={4} collisionPadding={8} className={cn(PANEL, "w-72 p-3", className)} {...rest} />
    </Pop.Portal>
  );
}
