// A report survives a bad connection: it is kept in IndexedDB before it is sent, and sent again until it arrives.
// The same client_key twice is one report on the server, so sending again is harmless.
import { ApiError, api } from "../api";
import { showError } from "../dom";
import { loadWords, t } from "../words";

interface Kept {
  key: string;
  fields: [string, string][];
  photos: { name: string; type: string; bytes: ArrayBuffer }[];
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("yuntiao-reports", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("waiting", { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("IndexedDB"));
  });
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction("waiting", mode);
    const request = work(transaction.objectStore("waiting"));
    transaction.oncomplete = () => {
      db.close();
      resolve(request.result);
    };
    transaction.onerror = () => reject(new Error("IndexedDB"));
  });
}

async function keep(form: HTMLFormElement): Promise<void> {
  const kept: Kept = { key: crypto.randomUUID(), fields: [], photos: [] };
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") {
      if (name !== "csrf" && name !== "client_key") kept.fields.push([name, value]);
    } else if (value.size > 0) kept.photos.push({ name: value.name, type: value.type, bytes: await value.arrayBuffer() });
  }
  await run("readwrite", (store) => store.put(kept));
}

async function send(kept: Kept): Promise<void> {
  const body = new FormData();
  for (const [name, value] of kept.fields) body.append(name, value);
  body.append("client_key", kept.key);
  for (const photo of kept.photos) body.append("photos", new Blob([photo.bytes], { type: photo.type }), photo.name);
  await api("POST", "/api/reports", body);
  await run("readwrite", (store) => store.delete(kept.key));
}

async function waiting(): Promise<Kept[]> {
  return run("readonly", (store) => store.getAll() as IDBRequest<Kept[]>);
}

async function show(): Promise<void> {
  const bar = document.querySelector<HTMLElement>("#offline");
  const count = (await waiting()).length;
  if (!bar) return;
  bar.hidden = count === 0;
  bar.textContent = t("没信号，放心填。还有 {count} 件存在手机里，有网自动上报。", { count });
}

let sending = false;
async function sendAll(): Promise<boolean> {
  if (sending) return false;
  sending = true;
  let arrived = true;
  for (const kept of await waiting()) {
    try {
      await send(kept);
    } catch (error) {
      arrived = false;
      if (error instanceof ApiError && error.status === 422) showError(error.message);
    }
  }
  sending = false;
  await show();
  return arrived;
}

await loadWords();
const form = document.querySelector<HTMLFormElement>("#report");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void (async () => {
    await keep(form);
    form.reset();
    if (await sendAll()) location.href = "/report/mine";
    else for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
  })();
});
addEventListener("online", () => void sendAll());
setInterval(() => void sendAll(), 15_000);
await sendAll();
if ("serviceWorker" in navigator) await navigator.serviceWorker.register("/report-worker.js", { scope: "/report" }).catch(() => undefined);
