// @ts-check
/** What the pages of support share: the way in, and what each act is called, asks for and does. */
/** @import { Person, Session } from "./contract.js" */
import { el, loaded, show } from "./dom.js";
import { signedIn } from "./shell.js";

/** The session of somebody who may work here; the way to elevate where it is too weak. @returns {Promise<Session>} */
export async function atDesk() {
  const s = await signedIn();
  if (s.strength === "phone_otp") return s;
  loaded();
  el("weak-way", HTMLAnchorElement).href = `/code?then=${encodeURIComponent(location.pathname)}`;
  show("weak");
  return new Promise(() => {}); // the page stays as it is
}

const told = "The person is told by mail. The reason stays with staff.";

/**
 * @typedef {object} Act
 * @property {string} name what is to be done
 * @property {string} button what confirms it
 * @property {string} done what was done
 * @property {(p: Person) => boolean} fits whether it may be of use as the person stands; the server decides
 * @property {(p: Person) => string[]} what what happens, told before it happens
 * @property {(p: Person) => string} [two] why a second person has to agree; empty where nobody has to
 * @property {"order" | "key" | "name"} [needs] what else is to be chosen
 */

const live = ["registered", "proofing", "proofed", "active", "frozen"];
/** @param {Person} p */
const state = (p) => p.credential?.state ?? "";
/** @param {Person} p */
const isLive = (p) => live.includes(state(p));
/** @param {Person} p */
const again = (p) => (p.credential?.proofed ? ["The identity proofing no longer counts: the person has to pass a live video session before a number can be registered."] : []);
const cut = ["All numbers are removed, and no code can be sent until a number is registered again.", "All sessions end.", "The term stays as it is."];

/** The acts, the commonest first. @type {Record<string, Act>} */
export const acts = {
  "unlock-codes": {
    name: "Unlock codes", button: "Unlock codes", done: "Codes are unlocked.", fits: (p) => p.phones.length > 0 && isLive(p),
    what: () => ["A lock ends at once: codes can be sent and entered again.", "Wrong codes in a row are counted from the beginning, and many wrong ones in 30 days are no longer marked.", "How many codes can be sent, and how soon after each other, stays as it is.", told],
  },
  "end-sessions": {
    name: "End all sessions", button: "End all sessions", done: "All sessions of the person have ended.", fits: (p) => p.sessions.length > 0,
    what: (p) => [`${p.sessions.length === 1 ? "The session ends" : `All ${p.sessions.length} sessions end`} at once, wherever they are.`, "Signing in again needs the password and a code as always.", told],
  },
  "reset-phones": {
    name: "Reset phones", button: "Reset phones", done: "The phones were reset.", fits: (p) => p.phones.length > 0 && isLive(p),
    two: (p) => (p.credential?.proofed ? "Nothing changes now: somebody else of support has to agree within 72 hours. Only then:" : ""),
    what: (p) => [...cut, ...again(p), ...(state(p) === "frozen" ? ["The credential is frozen no more."] : []), told],
  },
  freeze: {
    name: "Freeze the credential", button: "Freeze", done: "The credential is frozen.", fits: (p) => isLive(p) && state(p) !== "frozen",
    what: () => ["No codes are sent, and every session falls to password strength, until support thaws the credential.", "The term goes on running.", told],
  },
  thaw: {
    name: "Thaw the credential", button: "Thaw", done: "The credential is frozen no more.", fits: (p) => state(p) === "frozen",
    what: (p) => [p.phones.length ? `Codes are sent again, to ${p.phones.length === 1 ? "the phone" : `the ${p.phones.length} phones`} shown here.` : "No phone is registered: the person goes on where the way to one was left.", "The term is as it was.", told],
  },
  "confirm-name": {
    name: "Confirm a change of name", button: "Change the name", done: "The name was changed.", needs: "name", fits: () => true,
    two: (p) => (p.credential?.proofed ? "A name that is the same or an equivalent one is changed at once, and nothing else. For any other name nothing changes now: somebody else of support has to agree within 72 hours. Then:" : ""),
    what: (p) => ["The account carries the new name.", ...(p.credential?.proofed ? [...again(p), ...cut] : []), told],
  },
  "cancel-case": {
    name: "Cancel the identity proofing", button: "Cancel the proofing", done: "The identity proofing was cancelled.", fits: (p) => p.case !== null && !["passed", "failed", "expired", "cancelled"].includes(p.case.state),
    what: (p) => ["The identity proofing ends, and nothing more counts against the person. What failed before stays counted.", "The license key still works: the person may enter it again and begin anew. To end it for good, revoke the credential instead.", ...(p.case?.appointment ? ["The booked video session is cancelled."] : []), told],
  },
  "resend-keys": {
    name: "Send the mail with the keys again", button: "Send the mail", done: "The mail with the keys is on its way to the purchaser.", needs: "order", fits: (p) => p.orders.some(sendable),
    what: (p) => [`The mail goes to ${p.account.email}, the address of the purchaser, and to nobody else.`, "Keys that were used or are void are not in it."],
  },
  "void-key": {
    name: "Void a license key", button: "Void the key", done: "The license key is void.", needs: "key", fits: (p) => p.orders.some((o) => o.keys.some(voidable)),
    what: () => ["The key can never be used again, and what was begun with it ends.", "The payment is not given back by this; refunds are made at the payment service.", "The purchaser is told by mail. The reason stays with staff."],
  },
  revoke: {
    name: "Revoke the credential", button: "Revoke for good", done: "The credential is revoked.", fits: (p) => isLive(p) || state(p) === "expired",
    what: () => ["The credential ends for good. It can be neither thawed nor renewed: a brand-new one has to be bought.", "An identity proofing that is under way ends with it.", "The payment is not given back by this.", told],
  },
};

/** @param {Person["orders"][number]} o */
export const sendable = (o) => o.state === "fulfilled" && o.keys.some((k) => k.state === "issued");
/** @param {Person["orders"][number]["keys"][number]} k */
export const voidable = (k) => k.state === "issued" || k.state === "registered" || k.state === "suspended";
