// Before the first paint, so that a dark page never flashes white. The key is that of src/lib/theme.ts; values are JSON.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("reggie.v1.theme");
  } catch {
    // No storage: the system's choice holds.
  }
  const dark = chosen === '"dark"' || (chosen !== '"light"' && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
