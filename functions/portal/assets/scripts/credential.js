// @ts-check
/** What a credential looks like on the dashboard and in Manage OTP. */
/** @import { Phone, Session } from "./contract.js" */
import { serverNow } from "./api.js";
import { h, link } from "./dom.js";
import { channelName, onDay } from "./format.js";

const soon = 30 * 86_400_000; // milliseconds: the dashboard shows the expiry from 30 days before (product.md 8)
/** At most three numbers, two recommended (product.md 5). */
export const mostPhones = 3;
export const recommended = 2;

/** @param {string} expires */
export const expiresSoon = (expires) => Date.parse(expires) - serverNow() <= soon;

/** A live credential keeps its account from entering another key; an expired one says so in its state. @param {{state: string}} c */
export const isLive = (c) => ["registered", "proofing", "proofed", "active", "frozen"].includes(c.state);

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
  if (c.state === "expired" && !c.renewable) return step("The time for renewal is over. A brand-new credential is needed.", link("/store", "Get 2FA", "usa-button"));
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
  return c.state === "expired" ? `Expired on ${onDay(c.expires_at)}` : onDay(c.expires_at);
}
