const KEY = "reggie.reloaded";
/** Milliseconds within which a second failure is no longer a new version's doing. */
const SOON = 10_000;

/** A page that was open while a new version came asks for files that are gone: it loads itself anew, once. */
export function reloadAfterDeploy(): void {
  addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (!navigator.onLine || Date.now() - last < SOON) return;
    event.preventDefault();
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  });
}
