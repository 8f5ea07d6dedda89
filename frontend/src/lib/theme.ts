import { stored } from "./storage";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

const isBoolean = (value: unknown): boolean => typeof value === "boolean";

// public/theme.js reads the same keys before the first paint.
export const theme = stored<Theme>("theme", "system", (value) => value === "system" || value === "light" || value === "dark");
/** Stronger colours; a system that asks for them has them without it. */
export const highContrast = stored("contrast", false, isBoolean);
export const density = stored<Density>("density", "comfortable", (value) => value === "comfortable" || value === "compact");

/** In percent of what the browser is set to. */
export const TEXT_SIZES = [100, 112.5, 125, 150] as const;
export const textSize = stored<number>("text-size", 100, (value) => TEXT_SIZES.some((size) => size === value));

/** Keeps the page in step with what was chosen and, where that is "as the system", with the system. */
export function watchTheme(): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const contrast = matchMedia("(prefers-contrast: more)");
  const apply = (): void => {
    const { classList, style } = document.documentElement;
    const chosen = theme.get();
    classList.toggle("dark", chosen === "dark" || (chosen === "system" && dark.matches));
    classList.toggle("contrast", highContrast.get() || contrast.matches);
    classList.toggle("compact", density.get() === "compact");
    style.fontSize = textSize.get() === 100 ? "" : `${textSize.get()}%`;
  };
  apply();
  for (const system of [dark, contrast]) system.addEventListener("change", apply);
  const stops = [theme, highContrast, density, textSize].map((store) => store.subscribe(apply));
  return () => {
    for (const system of [dark, contrast]) system.removeEventListener("change", apply);
    for (const stop of stops) stop();
  };
}
