// @ts-check
/** What a credential looks like on the dashboard and in Manage OTP. */
/** @import { Phone, Session } from "./contract.js" */
import { serverNow } from "./api.js";
import { h, link } from "./dom.js";
import { channelName, exactly } from "./format.js";

const soon = 30 * 86_400_000; // milliseconds: the dashboard shows the expiry from 30 days before (product.md 8)
/** At most three numbers, two recommended (product.md 5). */
export const mostPhones = 3;
export const recommended = 2;
const young = 24 * 3_600_000; // milliseconds: a login by a number this new cannot remove or replace others (product.md 5)

/** Until when a number is new in that sense, or null when it is not any more. @param {Phone} p */
export function newUntil(p) {
  const until = Date.parse(p.added_at) + young;
  return until > serverNow() ? until : null;
}

/** A credential's state in plain words. @type {Record<import("./contract.js").Credential["state"], string>} */
export const meaning = {
  registered: "Your license key was accepted. The credential is not in use yet.",
  proofing: "Your license key was accepted. Your identity is being proofed.",
  proofed: "Your identity is proofed. The first phone activates the credential.",
  active: "In use: you sign in with a code from your phone.",
  expired: "Its time is over. No code is asked for at sign-in, and protected applications stay shut.",
  frozen: "Stopped, because a change to your phones was reported or support decided so. No codes are sent and protected applications stay shut until support thaws it.",
  revoked: "Withdrawn for good by support.",
};

/** @param {string} expires */
export const expiresSoon = (expires) => Date.parse(expires) - serverNow() <= soon;

/** A live credential keeps its account from entering another key; an expired one says so in its state. @param {{state: string}} c */
export const isLive = (c) => ["registered", "proofing", "proofed", "active", "frozen"].includes(c.state);
/** Whole days until then, begun ones counted. @param {string} expires */
export const daysLeft = (expires) => Math.ceil((Date.parse(expires) - serverNow()) / 86_400_000);

/** Where entering a key leads. @param {"prove" | "register-phone" | "none"} next */
export const afterKey = (next) => ({ prove: "/proofing", "register-phone": "/phones/register", none: "/dashboard" })[next];

/** How a pass was reached: never less than that (product.md 4). @param {{proofed: boolean, proofing_method: string | null}} c */
export const proofedHow = (c) => (!c.proofed ? "" : c.proofing_method === "video" ? "Passed, by live video" : "Passed, by instant questions");

/** What the holder should do next, or null. @param {Session} s @returns {HTMLElement | null} */
export function nextStep(s) {
  const c = s.credential;
  if (!c) return null;
  if (s.next === "register-phone") return step("Your license key was accepted. Register a phone to activate the credential.", link("/phones/register", "Register Your Phone", "usa-button"));
  if (s.next === "prove") return step("Your license key was accepted. Your identity has to be proofed before you register a phone.", link("/proofing", "Prove your identity", "usa-button"));
  if (c.state === "active" && s.phones.length < recommended)
    return step("Only one phone is registered. Add a second one as a backup: without any phone you cannot sign in with a code.", link("/phones/register", "Add a backup phone"));
  return null;
}

/** @param {string} text @param {HTMLElement} way */
function step(text, way) {
  return h("div", { class: "usa-alert usa-alert--info usa-alert--slim next-step" }, h("div", { class: "usa-alert__body" }, h("p", { class: "usa-alert__text" }, text), h("p", { class: "next-step__way" }, way)));
}

/** @param {Phone} p */
export const phoneLine = (p) => `ending ${p.ending} (${channelName(p.channel)})`;

/** @param {Session} s */
export const mayElevate = (s) => s.credential?.state === "active" && s.strength === "password" && s.phones.length > 0;

/** @param {Session} s */
export function expiry(s) {
  const c = s.credential;
  if (!c) return null;
  return c.state === "expired" ? `Expired on ${exactly(c.expires_at)}` : exactly(c.expires_at);
}
