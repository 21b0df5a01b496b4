// The service worker of /report: the page and what it needs open without a signal; everything else passes through.
import { CACHE } from "../report/offline";

interface Waitable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Waitable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

async function fresh(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const fetching = event as Fetching;
  const url = new URL(fetching.request.url);
  const ours = url.pathname === "/report" || url.pathname.startsWith("/static/");
  if (fetching.request.method === "GET" && ours) fetching.respondWith(fresh(fetching.request));
});
