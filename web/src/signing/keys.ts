// A key for one case: P-256, made in this browser, not extractable, kept in IndexedDB; never leaves it.
import { api } from "../api";

export interface Held {
  key: CryptoKey;
  fingerprint: string;
  certificate: ArrayBuffer; // DER
  expires: string;
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("yuntiao-keys", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("held");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("IndexedDB"));
  });
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction("held", mode);
    const request = work(transaction.objectStore("held"));
    transaction.oncomplete = () => {
      db.close();
      resolve(request.result);
    };
    transaction.onerror = () => reject(new Error("IndexedDB"));
  });
}

function derOf(pem: string): ArrayBuffer {
  return fromBase64(pem.replace(/-----[^-]+-----|\s/g, "")).buffer;
}

/** Return this person's key with its certificate; makes both when there is none or it ends soon. */
export async function held(base: string, holder: string): Promise<Held> {
  const name = `${base}|${holder}`;
  const known = await run("readonly", (store) => store.get(name) as IDBRequest<Held | undefined>);
  if (known && Date.parse(known.expires) - Date.now() > 600_000) return known;
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const challenge = await api<{ id: string; nonce: string }>("POST", `${base}/challenges`, {});
  const nonce = fromBase64(challenge.nonce);
  const asked = new Uint8Array(nonce.length + spki.length);
  asked.set(nonce);
  asked.set(spki, nonce.length);
  const proof = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, asked));
  const issued = await api<{ fingerprint: string; pem: string; expires_at: string }>("POST", `${base}/certificates`, {
    challenge: challenge.id, spki: toBase64(spki), proof: toBase64(proof),
  });
  const made: Held = { key: pair.privateKey, fingerprint: issued.fingerprint, certificate: derOf(issued.pem), expires: issued.expires_at };
  await run("readwrite", (store) => store.put(made, name));
  return made;
}

/** One paper, one key: after the signature the key is destroyed. */
export async function destroy(base: string, holder: string): Promise<void> {
  await run("readwrite", (store) => store.delete(`${base}|${holder}`));
}
