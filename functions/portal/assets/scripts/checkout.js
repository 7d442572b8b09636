// @ts-check
/** @import { Account, Order } from "./contract.js" */
/** @import { Priced } from "./shop.js" */
import { call } from "./api.js";
import { emptyCart, forgetOrderKey, orderKey, readCart } from "./cart-store.js";
import { billingButtons, billingOf, invoicePart, paymentOf, showBilling } from "./billing.js";
import { box, el, facts, loaded, say, show } from "./dom.js";
import { onSubmit, Outdated } from "./form.js";
import { money } from "./format.js";
import { showCartCount, signedIn, start } from "./shell.js";
import { anyUnsold, catalogFor, priced } from "./shop.js";
import { steer } from "./steer.js";
import { keepTyped } from "./typed.js";

// Coming back from the payment page to a page that was kept: what it shows may be ordered already.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

start(async () => {
  const cart = readCart();
  if (!cart.lines.length) {
    loaded();
    show("empty");
    return;
  }
  const s = await signedIn();
  const [account, catalog] = await Promise.all([/** @type {Promise<Account>} */ (call("GET", "/api/account")), catalogFor(cart)]);
  let shown = priced(cart, catalog);
  if (anyUnsold(shown)) { // the cart says which
    location.replace("/cart");
    return;
  }
  loaded();
  show("content");
  steer(s);
  summary(shown);
  say("mail-to", account.email);
  showBilling(account.billing, { name: `${account.given_name} ${account.family_name}`, line1: "", city: "", postal_code: "", country: account.country });
  billingButtons();
  const form = el("form", HTMLFormElement);
  const sent = keepTyped(form, s.user_id);
  invoicePart(form, (invoice) => { show("next-card", !invoice); show("next-invoice", invoice); });
  onSubmit(form, async (values) => {
    if (JSON.stringify(readCart()) !== JSON.stringify(cart)) throw new Outdated("Your cart has changed", "It was changed or ordered in another tab.", "reload");
    const now = priced(cart, await catalogFor(cart));
    if (anyUnsold(now)) throw new Outdated("A product is not sold any more", "Your cart says which.", "cart");
    if (money(now.total) !== money(shown.total)) {
      summary(now);
      const before = money(shown.total);
      shown = now;
      throw new Outdated("The price has changed", `The total is ${money(now.total)} now; it was ${before}. Nothing has been ordered. If you agree, choose Place Order again.`);
    }
    const address = box("billing-form").hidden ? account.billing : billingOf(values);
    const placed = await place({ partner: cart.partner, lines: cart.lines, ...paymentOf(values), billing: address });
    sent();
    emptyCart();
    showCartCount();
    const page = `/orders/${placed.number}`;
    const sameTotal = money(placed.total) === money(shown.total); // else the order's page shows it first
    say("placed", `Order ${placed.number} has been placed. ${placed.checkout_url && sameTotal ? "The payment page opens." : ""}`);
    location.assign(placed.checkout_url && sameTotal ? placed.checkout_url : page);
  });
});

/** Sends an order. A repeat after a lost answer finds the first one; if that was cancelled meanwhile, it is a new order. @param {unknown} order @returns {Promise<Order>} */
async function place(order) {
  const send = async () => /** @type {Order} */ (await call("POST", "/api/orders", order, { "idempotency-key": await orderKey(order) }));
  const placed = await send();
  if (placed.state !== "cancelled") return placed;
  forgetOrderKey();
  return send();
}

/** @param {Priced} cart */
function summary(cart) {
  const keys = cart.lines.reduce((sum, line) => sum + line.quantity, 0);
  say("partner", cart.partner);
  for (const part of document.querySelectorAll("[data-keys]")) if (part instanceof HTMLElement) part.hidden = (part.dataset.keys === "one") !== (keys === 1);
  say("count", keys === 1 ? "1 license key" : `${keys} license keys`);
  say("sum", money(cart.total));
  facts("summary", [...cart.lines.map((line) => /** @type {[string, string]} */ ([`${line.quantity} \u00d7 ${line.name}`, money(line.amount ?? cart.total)])), ["Total", money(cart.total)]]);
}
