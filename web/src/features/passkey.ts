// Passkeys of staff: sign in with one, add one. Without WebAuthn the password form alone is shown.
import { api } from "../api";
import { act } from "../dom";
import { t } from "../words";

interface Begun {
  id: string;
  options: PublicKeyCredentialCreationOptionsJSON & PublicKeyCredentialRequestOptionsJSON;
}

/** The browser's own refusals come in its language and its jargon; say them in ours. */
async function asked(question: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    return (await question) as PublicKeyCredential;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") throw new Error(t("这台设备上已经有一个了。"));
    throw new Error(t("这次没有用上通行密钥。可以再点一次，或者用密码登录。"));
  }
}

const signIn = document.querySelector<HTMLButtonElement>("#passkey");
if (signIn && "PublicKeyCredential" in window) {
  signIn.hidden = false;
  act(signIn, async () => {
    const begun = await api<Begun>("POST", "/api/passkeys/sign-in");
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.options);
    const credential = await asked(navigator.credentials.get({ publicKey }));
    const done = await api<{ next: string }>("PUT", "/api/passkeys/sign-in", { id: begun.id, credential: credential.toJSON() });
    location.href = done.next;
  });
}

const add = document.querySelector<HTMLButtonElement>("#new-passkey");
if (add) {
  act(add, async () => {
    const begun = await api<Begun>("POST", "/api/passkeys");
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options);
    const credential = await asked(navigator.credentials.create({ publicKey }));
    await api("PUT", "/api/passkeys", { id: begun.id, credential: credential.toJSON() });
    location.reload();
  });
}
