// Before the first paint, so that a dark page never flashes white. The key is that of src/lib/theme.ts.
(() => {
  const chosen = localStorage.getItem("reggie.theme");
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
