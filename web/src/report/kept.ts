// Reports kept on the phone (IndexedDB) until the server has them. Each belongs to whoever filled it in.

export interface Kept {
  key: string;
  owner: string;
  fields: [string, string][];
  photos: { name: string; type: string; bytes: ArrayBuffer }[];
  refused?: { message: string; fields: Record<string, string> };
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

export async function keep(kept: Kept): Promise<void> {
  await run("readwrite", (store) => store.put(kept));
}

export async function forget(key: string): Promise<void> {
  await run("readwrite", (store) => store.delete(key));
}

/** Everything that waits and is this person's; what somebody else filled in on the same phone is not touched. */
export async function waiting(owner: string): Promise<Kept[]> {
  const every = await run("readonly", (store) => store.getAll() as IDBRequest<Kept[]>);
  return every.filter((kept) => kept.owner === owner);
}

/** What a filled form holds, under a key of its own: the same key twice is one report on the server. */
export async function taken(form: HTMLFormElement, owner: string): Promise<Kept> {
  const kept: Kept = { key: crypto.randomUUID(), owner, fields: [], photos: [] };
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") {
      if (name !== "csrf" && name !== "client_key") kept.fields.push([name, value]);
    } else if (value.size > 0) kept.photos.push({ name: value.name, type: value.type, bytes: await value.arrayBuffer() });
  }
  return kept;
}

/** Put a kept report back into the form, photographs too, so that it can be mended. */
export function putBack(form: HTMLFormElement, kept: Kept): void {
  form.reset();
  for (const [name, value] of kept.fields) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = true;
    else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) field.value = value;
  }
  const photos = form.elements.namedItem("photos");
  if (!(photos instanceof HTMLInputElement)) return;
  const files = new DataTransfer();
  for (const photo of kept.photos) files.items.add(new File([photo.bytes], photo.name, { type: photo.type }));
  photos.files = files.files;
}

export function body(kept: Kept): FormData {
  const made = new FormData();
  for (const [name, value] of kept.fields) made.append(name, value);
  made.append("client_key", kept.key);
  for (const photo of kept.photos) made.append("photos", new Blob([photo.bytes], { type: photo.type }), photo.name);
  return made;
}
