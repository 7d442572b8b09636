// @ts-check
/** The only module that talks to the API: one way to ask, two ways to fail. */
/** @import { Problem } from "./contract.js" */

/** The server refused, and said why in a problem document. */
export class Refusal extends Error {
  /** @param {Problem} document */
  constructor(document) {
    super(document.title);
    this.document = document;
    this.code = document.code;
    this.status = document.status;
  }
}

/** There was no usable answer: offline, cut, timed out, or something between us and the server spoke. */
export class NoAnswer extends Error {}

const patience = 30_000; // milliseconds

/** The server's clock less our monotonic one, in milliseconds; the largest guess is the nearest, since the date header is rounded down and late. */
let ahead = -Infinity;

/** The server's clock in milliseconds, whatever this device's clock says. */
export function serverNow() {
  return ahead === -Infinity ? Date.now() : ahead + performance.now();
}

/** @type {Set<(method: string, path: string) => void>} */
const listeners = new Set();
/** Calls back after every answer of the API. @param {(method: string, path: string) => void} heard */
export function onAnswer(heard) { listeners.add(heard); }

/**
 * Asks the API. Returns the decoded body, undefined where there is none.
 * @template T
 * @param {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<T>}
 * @throws {Refusal | NoAnswer}
 */
export async function call(method, path, body, headers = {}) {
  let answer, text;
  try {
    answer = await fetch(path, {
      method, credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(patience),
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch {
    throw new NoAnswer("no answer");
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (date) ahead = Math.max(ahead, date - performance.now());
  for (const heard of listeners) heard(method, path);
  if (answer.ok) return /** @type {T} */ (text ? parsed(text) : undefined);
  const document = parsed(text);
  if (document && typeof document.code === "string") throw new Refusal(document);
  throw new NoAnswer(`status ${answer.status}`);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoAnswer("not JSON");
  }
}
