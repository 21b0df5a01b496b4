// Passkeys of staff: sign in with one, add one. Without WebAuthn the password form alone is shown.
import { api } from "../api";
import { act } from "../dom";

interface Begun {
  id: string;
  options: PublicKeyCredentialCreationOptionsJSON & PublicKeyCredentialRequestOptionsJSON;
}

const signIn = document.querySelector<HTMLButtonElement>("#passkey");
if (signIn && "PublicKeyCredential" in window) {
  signIn.hidden = false;
  act(signIn, async () => {
    const begun = await api<Begun>("POST", "/api/passkeys/sign-in");
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options);
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    const done = await api<{ next: string }>("PUT", "/api/passkeys/sign-in", { id: begun.id, credential: credential.toJSON() });
    location.href = done.next;
  });
}

const add = document.querySelector<HTMLButtonElement>("#new-passkey");
if (add) {
  act(add, async () => {
    const begun = await api<Begun>("POST", "/api/passkeys");
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options);
    const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
    await api("PUT", "/api/passkeys", { id: begun.id, credential: credential.toJSON() });
    location.reload();
  });
}
