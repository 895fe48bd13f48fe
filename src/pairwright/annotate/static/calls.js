import { t } from "./words.js";

// Calls of the page's API. A problem is an Error with `status` (0: no server) and `kind`.
const meta = (name) => document.querySelector(`meta[name=${name}]`);

export const person = meta("person").content;
// Whose answers these are: another project may have been served at this address, or may be.
export const whose = `${meta("project").content}:${person}`;

export class CallError extends Error {
  constructor(status, kind, message) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

export async function call(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "content-type": "application/json", "x-csrf": meta("csrf").content },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(20000),
    });
  } catch {
    throw new CallError(0, "Offline", t("The server can't be reached."));
  }
  let answer = null;
  try {
    answer = await response.json();
  } catch {
    // A proxy's error page: as good as no server.
    throw new CallError(response.status >= 500 || response.ok ? 0 : response.status, "Offline", t("No answer."));
  }
  if (!response.ok) throw new CallError(response.status, answer.error?.type, answer.error?.message ?? "Error");
  return answer;
}

// After signing in again the page needs the new session's token. Gives who is signed in now.
export async function refreshToken() {
  const me = await call("/api/me");
  meta("csrf").content = me.csrf;
  return me.name;
}

// Leases go back at once when the page is closed; what the browser drops expires by itself.
export function beacon(path, body) {
  navigator.sendBeacon(path, JSON.stringify({ ...body, csrf: meta("csrf").content }));
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
}
