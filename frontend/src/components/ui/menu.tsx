import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/lib/cn";

import { PANEL, usePortalTarget } from "./portal";

const ITEM =
  "flex min-h-8 w-full cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm outline-none select-none data-disabled:pointer-events-none data-disabled:opacity-50 data-highlighted:bg-accent-soft pointer-coarse:min-h-11 [&_svg]:size-4 [&_svg]:shrink-0";

/** Never modal: see never-modal.ts. */
export function DropdownMenu(props: Omit<ComponentProps<typeof Menu.Root>, "modal">) {
  return <Menu.Root {...props} modal={false} />;
}

export const DropdownMenuTrigger = Menu.Trigger;
export const DropdownMenuGroup = Menu.Group;
export const DropdownMenuRadioGroup = Menu.RadioGroup;
export const DropdownMenuSub = Menu.Sub;

export function DropdownMenuContent({ className, ...rest }: ComponentProps<typeof Menu.Content>) {
  return (
    <Menu.Portal container={usePortalTarget()}>
      <Menu.Content
        sideOffset={4}
        collisionPadding={8}
        className={cn(PANEL, "max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto p-1", className)}
        {...rest}
      />
    </Menu.Portal>
  );
}

interface ItemProps extends ComponentProps<typeof Menu.Item> {
  icon?: ReactNode;
  danger?: boolean;
}

export function DropdownMenuItem({ icon, danger = false, className, children, ...rest }: ItemProps) {
  return (
    <Menu.Item className={cn(ITEM, danger && "text-danger data-highlighted:bg-danger-soft", className)} {...rest}>
      {icon}
      {children}
    </Menu.Item>
  );
}

/** A tick on the chosen one, and its room on the others. */
function Chosen() {
  return (
    <span className="inline-flex size-4">
      <Menu.ItemIndicator>
        <Check aria-hidden />
      </Menu.ItemIndicator>
    </span>
  );
}

export function DropdownMenuRadioItem({ className, children, ...rest }: ComponentProps<typeof Menu.RadioItem>) {
  return (
    <Menu.RadioItem className={cn(ITEM, className)} {...rest}>
      <Chosen />
      {children}
    </Menu.RadioItem>
  );
}

export function DropdownMenuCheckboxItem({ className, children, ...rest }: ComponentProps<typeof Menu.CheckboxItem>) {
  return (
    <Menu.CheckboxItem className={cn(ITEM, className)} {...rest}>
      <Chosen />
      {children}
    </Menu.CheckboxItem>
  );
}

export function DropdownMenuSubTrigger({ className, ...rest }: ComponentProps<typeof Menu.SubTrigger>) {
  return <Menu.SubTrigger className={cn(ITEM, className)} {...rest} />;
}

export function DropdownMenuSubContent({ className, ...rest }: ComponentProps<typeof Menu.SubContent>) {
  return (
    <Menu.Portal container={usePortalTarget()}>
      <Menu.SubContent className={cn(PANEL, "min-w-40 p-1", className)} {...rest} />
    </Menu.Portal>
  );
}

export function DropdownMenuLabel({ className, ...rest }: ComponentProps<typeof Menu.Label>) {
  return <Menu.Label className={cn("px-2.5 py-1.5 text-xs font-medium text-muted", className)} {...rest} />;
}

export function DropdownMenuSeparator({ className, ...rest }: ComponentProps<typeof Menu.Separator>) {
  return <Menu.Separator className={cn("my-1 h-px bg-line", className)} {...rest} />;
}
