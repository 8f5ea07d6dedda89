import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/lib/cn";

import { Spinner } from "./spinner";
import { tooltip } from "./tooltip";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg text-sm font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-text hover:bg-accent/90",
        secondary: "border border-line bg-raised text-text hover:bg-panel",
        ghost: "text-text hover:bg-line/50",
        danger: "border border-danger/40 bg-danger-soft text-danger hover:bg-danger/20",
      },
      // Fingers need 44 px, a mouse 24: WCAG 2.2, 2.5.5 and 2.5.8.
      size: { sm: "h-8 px-2.5 pointer-coarse:min-h-11", md: "h-9 px-3.5 pointer-coarse:min-h-11", lg: "h-11 px-5 text-base" },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type Look = VariantProps<typeof look>;

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: NonNullable<Look["variant"]>;
  size?: NonNullable<Look["size"]>;
  icon?: ReactNode;
  /** Shows a spinner and takes no clicks. */
  busy?: boolean;
}

export function Button({ variant, size, icon, busy = false, className, children, type = "button", disabled, ...rest }: ButtonProps) {
  return (
    <button type={type} className={cn(look({ variant, size }), className)} disabled={disabled ?? busy} aria-busy={busy || undefined} {...rest}>
      {busy ? <Spinner label={null} /> : icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  /** Its name for everyone who cannot see the icon, and its tooltip. */
  label: string;
  variant?: NonNullable<Look["variant"]>;
  size?: "sm" | "md" | "lg";
  /** Shown beside the tooltip: "mod+k". */
  hotkey?: string;
}

const SQUARE = {
  sm: "size-7 pointer-coarse:size-11",
  md: "size-9 pointer-coarse:size-11",
  lg: "size-11",
};

export function IconButton({ label, variant = "ghost", size = "md", hotkey, className, children, type = "button", ...rest }: IconButtonProps) {
  return (
    <button type={type} aria-label={label} {...tooltip(label, hotkey)} className={cn(look({ variant }), "p-0", SQUARE[size], className)} {...rest}>
      {children}
    </button>
  );
}
