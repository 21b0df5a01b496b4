// The JSON API of our own server: CSRF header, problem+json turned into ApiError in the reader's words.

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly fields: Record<string, string> = {}) {
    super(message);
  }
}

interface Problem {
  code?: string;
  title?: string;
  fields?: Record<string, string>;
}

export function csrf(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";
}

/** Call the API; `body` is sent as JSON unless it is a FormData or bytes. Throws ApiError, or TypeError when offline. */
export async function api<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal: AbortSignal | null = null): Promise<T> {
  const raw = body instanceof FormData || body instanceof Blob || body instanceof Uint8Array;
  const answer = await fetch(path, {
    method,
    signal,
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "X-CSRF-Token": csrf(),
      ...(body === undefined || raw ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
  });
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as Problem;
    throw new ApiError(answer.status, problem.code ?? "unknown", problem.title ?? answer.statusText, problem.fields);
  }
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T);
}
