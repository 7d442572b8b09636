// @ts-check
/** Somebody who holds a credential is led to renew it; buying for somebody else stays possible (product.md 2). */
/** @import { Session } from "./contract.js" */
import { isLive } from "./credential.js";
import { box, h, link, show } from "./dom.js";
import { onDay } from "./format.js";

/** Fills #holds. @param {Session | null} s */
export function steer(s) {
  const c = s?.credential;
  if (!c || !(isLive(c) || c.renewable)) return;
  const begun = c.state === "registered" || c.state === "proofing" || c.state === "proofed";
  const [text, way] = begun
    ? ["It only has to be finished. Your dashboard says what is next.", link("/dashboard", "Go on with it", "usa-button")]
    : c.renewable
      ? [`It ${c.state === "expired" ? "expired on" : "is valid until"} ${onDay(c.expires_at)}. To keep it, renew it: your phones stay, and no new key is needed.`, link("/account/otp", "Renew in Manage OTP", "usa-button")]
      : [`It is valid until ${onDay(c.expires_at)}. Manage OTP says when it can be renewed.`, link("/account/otp", "Go to Manage OTP", "usa-button")];
  const alone = isLive(c) ? " An account holds one at a time, so you could not enter another key yourself." : "";
  box("holds").replaceChildren(h("section", { class: "usa-alert usa-alert--info holds", "aria-labelledby": "holds-heading" }, h("div", { class: "usa-alert__body" },
    h("h2", { class: "usa-alert__heading", id: "holds-heading" }, isLive(c) ? "You already hold a credential" : "Your credential can still be renewed"),
    h("p", { class: "usa-alert__text" }, text + alone),
    h("p", { class: "usa-alert__text holds__way" }, way),
    h("p", { class: "usa-alert__text" }, h("strong", {}, "Buying for somebody else?"), " Go on below. Whoever gets the key enters it in an account of their own."))));
  show("holds");
}
