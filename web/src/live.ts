// Server-sent events: regions that name a topic are fetched again when something changed there.

export type Listener = (topic: string) => void;

/** Watch topics; EventSource reconnects by itself, and after a reconnect everything is looked at again. */
export function watch(topics: string[], listener: Listener): () => void {
  const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
  const source = new EventSource(`/live?${query}`);
  let ready = false;
  source.addEventListener("ready", () => {
    if (ready) for (const topic of topics) listener(topic);
    ready = true;
  });
  source.addEventListener("changed", (event) => listener((event as MessageEvent<string>).data));
  return () => source.close();
}

/** <main data-live-topic="case:ID">: the named regions (id in data-live-regions) are replaced by the fresh page's. */
export function attachLive(): void {
  const root = document.querySelector<HTMLElement>("[data-live-topic]");
  if (!root?.dataset["liveTopic"]) return;
  let running = false;
  let again = false;
  const refresh = async (): Promise<void> => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected && answer.url !== location.href) location.href = answer.url;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of (root.dataset["liveRegions"] ?? "main").split(" ")) {
      const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
      if (old && next && old.innerHTML !== next.innerHTML && !old.contains(document.activeElement)) old.innerHTML = next.innerHTML;
    }
    running = false;
    if (again) {
      again = false;
      await refresh();
    }
  };
  watch(root.dataset["liveTopic"].split(" "), () => void refresh());
}
