// Begin, check, sign, complete; and begin again unseen when somebody else signed at the same moment.
import { ApiError, api } from "../api";
import { check } from "./attributes";
import { destroy, fromBase64, held, toBase64 } from "./keys";

export type Strokes = [number, number][][];

interface Begun {
  id: string;
  attributes: string;
  byte_range: [number, number, number, number];
  file: string;
  leave: string;
}

const AGAIN = new Set(["signing_busy", "signing_stale"]);
const TURNS = 40;

export async function sign(base: string, holder: string, strokes: Strokes): Promise<void> {
  const mine = await held(base, holder);
  for (let turn = 0; ; turn += 1) {
    try {
      const begun = await api<Begun>("POST", `${base}/signatures`, { fingerprint: mine.fingerprint, strokes });
      const answer = await fetch(begun.file, { credentials: "same-origin" });
      const file = new Uint8Array(await answer.arrayBuffer());
      const attributes = fromBase64(begun.attributes);
      await check(file, begun.byte_range, attributes, mine.certificate).catch(async (refused: unknown) => {
        if (begun.leave) await api("DELETE", begun.leave);
        throw refused;
      });
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, mine.key, attributes);
      await api("PUT", `${base}/signatures/${begun.id}`, { signature: toBase64(new Uint8Array(signature)) });
      await destroy(base, holder);
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || !AGAIN.has(error.code) || turn >= TURNS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 + Math.random() * 500));
    }
  }
}
