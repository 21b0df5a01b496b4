// The report page opens without a signal: the page and what it needs are put away at each visit that has one.

export const CACHE = "report-1";

/** Put the page and everything of ours that it loaded into the worker's cache; what an older release left goes. */
export async function putAway(): Promise<void> {
  if (!("serviceWorker" in navigator) || !navigator.onLine) return;
  await navigator.serviceWorker.register("/report-worker.js", { scope: "/report" });
  const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
  const paths = loaded.filter((url) => url.origin === location.origin && url.pathname.startsWith("/static/")).map((url) => url.pathname + url.search);
  const wanted = [...new Set(["/report", ...paths])];
  const cache = await caches.open(CACHE);
  await cache.addAll(wanted);
  for (const kept of await cache.keys()) {
    const url = new URL(kept.url);
    if (!wanted.includes(url.pathname + url.search)) await cache.delete(kept);
  }
}
