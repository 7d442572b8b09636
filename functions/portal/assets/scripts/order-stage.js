// @ts-check
/** The upper part of an order's page: what it waits for in plain words, and what the person can do. */
/** @import { Order, Redeemed, Session } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { afterKey, isLive } from "./credential.js";
import { alert, box, buttons, h, link } from "./dom.js";
import { onPress } from "./form.js";
import { at, money, onDay } from "./format.js";
import { isRenewal, partGoesBack, partPaid, renewalStage } from "./renewal.js";

const day = 86_400_000, lastLink = 30 * 60_000; // milliseconds: a card order is kept for 24 hours, with no fresh link in the last 30 minutes (product.md 2)
const graceDays = 7; // after an invoice is due
const soon = 60_000; // milliseconds: longer than that is not "just now"

/** Does somebody else's word move this order on? @param {Order} o */
export const waits = (o) => o.state === "placed" || o.state === "paid";

/**
 * Which of the stages this order is at.
 * @param {Order} o @param {{returned: boolean, waited: number}} here
 */
export function phaseOf(o, here) {
  if (o.state === "placed" && o.payment === "card") {
    if (here.returned) return here.waited < soon ? "processing" : "slow";
    return serverNow() < Date.parse(o.placed_at) + day - lastLink ? "card" : "card-late";
  }
  if (o.state === "placed") {
    if (!o.invoice) return "invoice-none";
    if (o.invoice.status === "paid") return "processing";
    if (o.invoice.status === "void") return "invoice-void";
    return serverNow() < Date.parse(o.invoice.due_at) ? "invoice" : "invoice-overdue";
  }
  if (o.state === "fulfilled") return fulfilledAs(o);
  return o.state;
}

/** @param {Order} o */
function fulfilledAs(o) {
  if (o.lines.every((l) => l.product.startsWith("renew-"))) return "renewed";
  if (!o.keys.some((k) => k.state === "issued")) return o.keys.every((k) => k.state === "void") ? "all-void" : "all-used";
  return o.keys.length === 1 ? "one-key" : "keys";
}

/** @typedef {{session: Session, order: Order, path: string, takes: (order: Order) => void}} Page */
/** @typedef {Array<HTMLElement | null>} Parts */

/** @type {Record<string, (page: Page) => Parts>} */
const stages = {
  processing: () => [alert("info", "Processing your payment", "We are waiting for the word of the payment service, usually for less than a minute. This page goes on by itself.")],
  slow: (page) => [
    alert("warning", "The payment is taking longer than usual", `You need not wait here. As soon as the payment is confirmed, within 24 hours at most, ${comes(page.order)}. If nothing has come by then, look in your spam folder, then contact support with the order number.`),
    h("p", {}, "Did you leave the payment page before you paid? Then pay now. If you have paid already, it will say so, and nothing is charged twice."),
    buttons(payNow(page, "usa-button usa-button--outline"), link("/help/contact", "Contact support")),
  ],
  card: (page) => [
    alert("info", "Awaiting payment", `No payment has arrived yet. You can pay until ${at(after(page.order.placed_at, day - lastLink))}; an order that is not paid is cancelled by itself after 24 hours, and costs nothing. If you have just paid, this page goes on by itself within a minute.`),
    ...payOrCancel(page, payNow(page, "usa-button")),
  ],
  "card-late": (page) => [
    alert("warning", "The time to pay is over", `This order is cancelled by itself at ${at(after(page.order.placed_at, day))}, unless your payment is on its way. Nothing is owed. To buy the same, place a new order.`),
    buttons(link("/store", "Get 2FA", "usa-button"), cancelButton(page)), cancelPart(page),
  ],
  "invoice-none": (page) => [
    alert("info", "Your invoice is being prepared", "It goes to you by mail, and stands here, within a minute. If it does not, ask for it again."),
    ...payOrCancel(page, button("Ask for the invoice", "usa-button", "Asking\u2026", async () => page.takes(await call("POST", `${page.path}/checkout`)))),
  ],
  invoice: (page) => [
    alert("info", page.order.invoice?.left ? "Awaiting the rest of the payment" : "Awaiting payment of the invoice", `${partPaid(page.order)}Invoice ${page.order.invoice?.number} has been mailed to you. It is due on ${dueDay(page.order)}. ${keysOf(page.order) === 1 ? "The license key comes by mail" : "The license keys stand here"} when it has been paid in full, not before. If it has not been paid in full ${graceDays} days after the due date, the order is cancelled.`),
    ...payOrCancel(page, openInvoice(page.order)),
  ],
  "invoice-overdue": (page) => [
    alert("warning", "The invoice is overdue", `${partPaid(page.order)}Invoice ${page.order.invoice?.number} was due on ${dueDay(page.order)}. You can still pay it: it is voided, and the order cancelled, if it has not been paid in full by ${onDay(after(page.order.invoice?.due_at ?? "", graceDays * day))}.`),
    ...payOrCancel(page, openInvoice(page.order)),
  ],
  "invoice-void": ({ order }) => [alert("warning", "The invoice is void", `It cannot be paid any more, and the order ends. Nothing is owed. ${partGoesBack(order)}To buy the same, place a new order.`), buttons(link("/store", "Get 2FA", "usa-button"))],
  paid: (page) => [
    alert("info", "Your payment has arrived, and a person checks the order", "Something about it has to be looked at before license keys are made. You need not do anything, and must not pay again. We write to you."),
    h("p", {}, `Have you heard nothing after a working day? `, link("/help/contact", "Contact support"), ` and name the order, ${page.order.number}.`),
  ],
  "one-key": oneKey,
  keys: ({ session, order }) => {
    const free = order.keys.filter((k) => k.state === "issued").length;
    return [
      alert("success", "Let's Get Credentialed", `The payment has arrived. ${free === order.keys.length ? `The ${free} license keys stand below` : `${free} of the ${order.keys.length} license keys ${free === 1 ? "is" : "are"} not used yet`}. A mail with a link to this page has been sent; no key is in it. Give each person one key: they enter it in an account of their own.`),
      holds(session) ? null : h("p", {}, "Is one of them for you? Copy it and ", link("/redeem", "enter it here"), "."),
    ];
  },
  "all-used": ({ session }) => [alert("success", "Every license key of this order has been entered", "Nothing is left to do here."), buttons(link(holds(session) ? "/account/otp" : "/dashboard", holds(session) ? "Manage OTP" : "Dashboard", "usa-button"))],
  "all-void": () => [alert("warning", "The license keys of this order do not work any more", "A key that nobody enters dies 12 months after the purchase. If it is not that, contact support."), buttons(link("/store", "Get 2FA", "usa-button"), link("/help/contact", "Contact support"))],
  cancelled: ({ order }) => [
    alert("warning", "This order was cancelled", `Nothing is owed, and it cannot be paid any more. ${partGoesBack(order)}`),
    h("p", {}, `To buy the same, place a new order. If you have paid ${order.invoice?.paid ? "more of it" : "this one all the same"}, `, link("/help/contact", "contact support"), ": a person sees to it that the money comes back."),
    buttons(link("/store", "Get 2FA", "usa-button")),
  ],
  refunded: ({ order }) => [
    alert("warning", "This order was refunded", order.keys.some((k) => k.state !== "void")
      ? "The money goes back the way it came. Below you see what became of each license key; a person decides about those that are not void, and writes to you."
      : "The money goes back the way it came; banks may take some days to show it. The license keys of this order do not work any more."),
    buttons(link("/store", "Get 2FA", "usa-button"), link("/help/contact", "Contact support")),
  ],
  disputed: () => [
    alert("error", "The payment of this order is disputed", "The bank has been asked to take the payment back. License keys that were not used yet are suspended until it has decided: then they work again, or are void. A credential that is in use goes on meanwhile."),
    h("p", {}, "If this was not meant, tell your bank that the payment is right, and ", link("/help/contact", "contact support"), "."),
  ],
};

/** The parts of a stage, in order. @param {string} phase @param {Page} page @returns {HTMLElement[]} */
export function stage(phase, page) {
  const made = renewalStage(phase, page.order, () => payOrCancel(page, openInvoice(page.order))) ?? stages[phase]?.(page);
  if (!made) throw new Error(`unknown stage ${phase}`);
  return made.filter((part) => part !== null);
}

/** One key: for oneself it continues with one button. @param {Page} page @returns {Parts} */
function oneKey({ session, order }) {
  const own = order.keys[0]?.license_key;
  const done = alert("success", "Let's Get Credentialed", "The payment has arrived, and the license key has been mailed to you.");
  if (holds(session)) {
    return [done, h("p", {}, "You hold a live credential, so this key is for somebody else: give it to them. They enter it in an account of their own.")];
  }
  if (!own) return [done, buttons(link("/redeem", "Enter the license key", "usa-button usa-button--big"))];
  const enter = button("Enter this key for me and continue", "usa-button usa-button--big", "Entering the key\u2026", async () => {
    const { next } = /** @type {Redeemed} */ (await call("POST", "/api/licenses/redeem", { license_key: own }));
    location.assign(afterKey(next));
  });
  return [done, h("p", {}, "Is it for you? One button enters the key and goes on to the next step. Entering a key binds it to your account for good."), buttons(enter)];
}

/** @param {Session} s */
const holds = (s) => Boolean(s.credential && isLive(s.credential));

/** @param {string} instant @param {number} milliseconds */
const after = (instant, milliseconds) => new Date(Date.parse(instant) + milliseconds).toISOString();

/** @param {Order} o */
const dueDay = (o) => onDay(o.invoice?.due_at ?? "");

/** How many keys it is for. One comes by mail; several stand on this page alone (product.md 2). @param {Order} o */
const keysOf = (o) => o.lines.reduce((sum, line) => sum + line.quantity, 0);

/** What a confirmed payment brings. @param {Order} o */
function comes(o) {
  if (isRenewal(o)) return "the new year is added to your credential, and this page says so";
  return keysOf(o) === 1 ? "the license key goes out by mail, and this page shows it" : "this page shows the license keys, and a mail with a link to it goes out";
}

/** @param {Page} page @param {string} kind */
function payNow({ path }, kind) {
  return button("Pay now", kind, "Opening\u2026", async () => {
    const fresh = /** @type {Order} */ (await call("POST", `${path}/checkout`));
    if (fresh.checkout_url) location.assign(fresh.checkout_url);
  });
}

/** The page stays and goes on by itself, while the invoice is open beside it. @param {Order} o */
function openInvoice(o) {
  return o.invoice_url ? h("a", { href: o.invoice_url, class: "usa-button", target: "_blank", rel: "noopener noreferrer" }, "View and pay the invoice", h("span", { class: "usa-sr-only" }, " (opens a new tab)")) : null;
}

/** @param {Page} page @param {HTMLElement | null} pay @returns {Parts} */
const payOrCancel = (page, pay) => [buttons(pay, cancelButton(page)), cancelPart(page)];

/** @param {Page} page */
function cancelButton({ order }) {
  const ask = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "usa-button usa-button--outline", id: "cancel", "aria-expanded": "false", "aria-controls": "cancel-part" }, "Cancel the order"));
  ask.addEventListener("click", () => turnCancel(ask.getAttribute("aria-expanded") !== "true"));
  ask.setAttribute("aria-label", `Cancel the order ${order.number}`);
  return ask;
}

/** Asks once more before the order ends. @param {Page} page */
function cancelPart({ order, path, takes }) {
  const yes = button("Yes, cancel the order", "usa-button usa-button--secondary", "Cancelling\u2026", async () => {
    takes(/** @type {Order} */ (await call("POST", `${path}/cancel`)));
    box("stage").tabIndex = -1;
    box("stage").focus();
  });
  const keep = h("button", { type: "button", class: "usa-button usa-button--unstyled" }, "Keep it");
  keep.addEventListener("click", () => { turnCancel(false); box("cancel").focus(); });
  return h("section", { class: "confirm", id: "cancel-part", "aria-labelledby": "cancel-heading", hidden: "" },
    h("h2", { id: "cancel-heading", tabindex: "-1" }, `Cancel order ${order.number}?`),
    h("p", {}, order.payment === "invoice" ? `Its invoice is voided. ${order.invoice?.paid ? `A person sees to it that what you have paid of it, ${money(order.invoice.paid)}, comes back. ` : ""}This cannot be undone; you can place a new order at any time.` : "It cannot be paid any more. This cannot be undone; you can place a new order at any time."), buttons(yes, keep));
}

/** @param {boolean} open */
function turnCancel(open) {
  box("cancel").setAttribute("aria-expanded", String(open));
  box("cancel-part").hidden = !open;
  if (open) box("cancel-heading").focus();
}

/** @param {string} text @param {string} kind @param {string} busy @param {() => Promise<void>} act */
function button(text, kind, busy, act) {
  const made = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: kind, "data-busy": busy }, text));
  onPress(made, box("action-problem"), act);
  return made;
}
