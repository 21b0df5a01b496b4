// Server-sent events: regions that name a topic are fetched again when something changed there.
import { renew } from "./renew";
import { inTurn, patience } from "./turns";

export type Listener = (topic: string) => void;

const PAUSES = [1, 2, 5, 15, 30, 60]; // seconds; after the last it is left to the next news
const SECONDS = 60;

/**
 * Watch topics. What happened since this page was made is told when the watching begins; EventSource reconnects by
 * itself, and after a reconnect everything is looked at again.
 */
export function watch(topics: string[], listener: Listener): void {
  const since = document.querySelector<HTMLMetaElement>("meta[name=as-of]")?.content ?? "";
  const query = new URLSearchParams([["since", since], ...topics.map((topic) => ["topic", topic])]);
  let ready = false;
  let failures = 0;
  const open = (): void => {
    const source = new EventSource(`/live?${query.toString()}`);
    source.addEventListener("ready", () => {
      if (ready) for (const topic of topics) listener(topic);
      ready = true;
      failures = 0;
    });
    source.addEventListener("changed", (event) => listener((event as MessageEvent<string>).data));
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      const pause = PAUSES[failures]; // an answer that was no stream, as of a proxy whose server starts again, ends it
      failures += 1;
      if (pause) setTimeout(open, pause * 1000);
    });
  };
  open();
}

/** <main data-live-topic="case:ID">: the named regions (id in data-live-regions) follow the fresh page's. */
export function attachLive(): void {
  const root = document.querySelector<HTMLElement>("[data-live-topic]");
  if (!root?.dataset["liveTopic"]) return;
  let failures = 0;
  let retrying = 0;
  const refresh = inTurn(async () => {
    clearTimeout(retrying);
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: patience(SECONDS) });
      if (answer.redirected && answer.url !== location.href) {
        location.href = answer.url;
        return;
      }
      if (!answer.ok) throw new Error(`${answer.status} ${answer.url}`);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of (root.dataset["liveRegions"] ?? "main").split(" ")) {
        const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
        if (old && next) renew(old, ...next.childNodes);
      }
      failures = 0;
    } catch (error) {
      const pause = PAUSES[failures];
      failures += 1;
      if (pause) retrying = window.setTimeout(() => void refresh(), pause * 1000);
      throw error;
    }
  });
  watch(root.dataset["liveTopic"].split(" "), () => void refresh());
}
