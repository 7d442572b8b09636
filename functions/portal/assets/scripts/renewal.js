// @ts-check
/** Renewal as pages show it: whether, why not, until when, and what a renewal order has come to. The server decides. */
/** @import { Order, Renewal, Session } from "./contract.js" */
import { call } from "./api.js";
import { alert, box, buttons, h, link } from "./dom.js";
import { exactly, money, onDay } from "./format.js";

export const askRenewal = () => /** @type {Promise<Renewal>} */ (call("GET", "/api/renewal"));

/** The Renewal part of Manage OTP. @param {Session} s */
export async function drawRenewal(s) {
  box("renewal").replaceChildren(...standing(s, await askRenewal()));
}

/**
 * How renewal stands, in words, with the one thing to do.
 * @param {Session} s @param {Renewal} r @returns {HTMLElement[]}
 */
export function standing(s, r) {
  if (r.open_order) return awaiting(s, r.open_order);
  const [product] = r.products;
  const until = r.expires_at ? exactly(r.expires_at) : "";
  const opens = r.opens_at ? exactly(r.opens_at) : "";
  switch (r.reason) {
    case "eligible":
      return [h("p", {}, `Renew for another year${product ? ` at ${money(product.price)}` : ""}. ${s.credential?.state === "expired" ? "The new year counts from the old expiry" : "The new year begins when the present one ends, so that renewing early loses no day"}`, s.credential ? `: the credential is then valid until ${afterRenewal(s.credential)}` : "", "."),
        h("p", {}, link("/account/renew", "Renew", "usa-button")), h("p", { class: "small" }, `Possible until ${r.closes_at ? exactly(r.closes_at) : until}. Later only a brand-new credential can be bought.`)];
    case "too-early":
      return [h("p", {}, `Renewed already, until ${until}. The next renewal can be bought from ${opens}, when that year begins.`)];
    case "too-late":
      return [h("p", {}, `The time for renewal ended on ${r.closes_at ? exactly(r.closes_at) : until}. A brand-new credential is needed: you buy it, enter its license key, and register your phones again${s.credential?.proofed ? "; your identity is proofed again, too" : ""}.`),
        h("p", {}, link("/store", "Get 2FA", "usa-button"))];
    case "not-activated":
      return [h("p", {}, "A credential can be renewed once it is active. The first phone activates it.")];
    case "revoked":
      return [h("p", {}, "A revoked credential cannot be renewed. ", link("/help/contact", "Contact support"), ".")];
    default:
      return [h("p", {}, "There is no credential to renew."), h("p", {}, link("/store", "Get 2FA", "usa-button"))];
  }
}

/** @param {Session} s @param {Order} o */
function awaiting(s, o) {
  const late = s.credential?.state === "expired" ? " It was ordered in time, so that it still counts when it is paid now; until then the credential stays expired." : "";
  const text = o.state === "placed" ? `Your renewal, ordered on ${onDay(o.placed_at)}, is not paid yet.${late}` : `Your renewal, ordered on ${onDay(o.placed_at)}, is being added.`;
  const valid = s.credential && o.state === "placed" ? h("p", {}, `Once paid, the credential is valid until ${afterRenewal(s.credential)}.`) : null;
  return [h("p", {}, text), ...(valid ? [valid] : []), h("p", {}, link(`/orders/${o.number}`, o.state === "placed" ? "Continue payment" : `Order ${o.number}`, "usa-button")),
    ...(o.state === "placed" ? [h("p", { class: "small" }, `Order ${o.number}. It can be cancelled on its page.`)] : [])];
}

/** Where one more term ends: calendar months from the date of purchase, clamped to the month's end (product.md 8). @param {{purchased_at: string, expires_at: string}} c */
export function afterRenewal(c) {
  const from = new Date(c.purchased_at), to = new Date(c.expires_at);
  const terms = Math.round(((to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth()) / 12) + 1;
  const end = new Date(from);
  end.setUTCFullYear(from.getUTCFullYear() + terms);
  if (end.getUTCMonth() !== from.getUTCMonth()) end.setUTCDate(0); // 29 February of a common year
  return exactly(end.getTime());
}

/** @param {Order} o */
export const isRenewal = (o) => o.lines.some((l) => l.product.startsWith("renew-"));

/**
 * The upper part of the page of a renewal order; null where it is like any other order's.
 * @param {string} phase @param {Order} o @param {() => Array<HTMLElement | null>} pay the ways to pay the invoice or to cancel
 * @returns {Array<HTMLElement | null> | null}
 */
export function renewalStage(phase, o, pay) {
  if (!isRenewal(o)) return null;
  if (phase === "invoice") {
    const due = o.invoice ? ` It is due on ${onDay(o.invoice.due_at)}.` : "";
    return [alert("info", o.invoice?.left ? "Awaiting the rest of the payment" : "Awaiting payment", `${partPaid(o)}The invoice has been mailed to you.${due} The new year is added when the payment has arrived in full, also if your credential has expired by then.`), ...pay()];
  }
  if (phase === "paid") return [alert("info", "Payment received", "The new year is being added to your credential. This page goes on by itself.")];
  if (phase === "renewed") return renewed();
  if (phase === "refunded") return [alert("warning", "This renewal was refunded", "The year that it had added is taken back, if it had not begun.")];
  if (phase === "cancelled") return [alert("warning", "This renewal was cancelled", `Nothing is owed, and nothing was added to your credential. ${partGoesBack(o)}`), h("p", {}, link("/account/otp", "Manage OTP"))];
  if (phase === "disputed") return [alert("warning", "The payment of this renewal is disputed", "Support looks at it when the bank has decided.")];
  return null;
}

/** What has come of an invoice that is paid in part, and what is missing. @param {Order} o */
export const partPaid = ({ invoice: i }) => (i?.paid && i.left ? `${money(i.paid)} has arrived, and ${money(i.left)} is left to pay. ` : "");

/** What becomes of a part that was paid of an order that is over. @param {Order} o */
export const partGoesBack = ({ invoice: i }) => (i?.paid ? `You have paid ${money(i.paid)} of it: a person sees to it that this comes back to you. ` : "");

/** The new expiry is the credential's to say, asked for anew. */
function renewed() {
  const done = alert("success", "Your credential is renewed", " ");
  const text = /** @type {HTMLElement} */ (done.querySelector(".usa-alert__text"));
  /** @type {Promise<Session>} */ (call("GET", "/api/session")).then((s) => {
    text.textContent = s.credential ? `It is valid until ${exactly(s.credential.expires_at)}. Your phones stay as they are, and no license key is needed.` : "";
  }, () => { text.textContent = "Manage OTP shows the new expiry."; });
  return [done, buttons(link("/dashboard", "Go to the dashboard", "usa-button"), link("/account/otp", "Manage OTP", "usa-button usa-button--outline"))];
}
