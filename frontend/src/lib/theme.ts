import { stored } from "./storage";

export type Theme = "system" | "light" | "dark";

/** public/theme.js reads the same key before the first paint. */
export const theme = stored<Theme>("theme", "system", (value) => value === "system" || value === "light" || value === "dark");

/** Keeps the page's class in step with the choice and, for "system", with the system. */
export function watchTheme(): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const chosen = theme.get();
    document.documentElement.classList.toggle("dark", chosen === "dark" || (chosen === "system" && system.matches));
  };
  apply();
  system.addEventListener("change", apply);
  const stop = theme.subscribe(apply);
  return () => {
    system.removeEventListener("change", apply);
    stop();
  };
}
