// @ts-check
/** @import { Account, Catalog, Order } from "./contract.js" */
import { call } from "./api.js";
import { emptyCart, orderKey, readCart } from "./cart-store.js";
import { billingFields, billingLines, billingOf } from "./billing.js";
import { box, el, facts, loaded, show } from "./dom.js";
import { onSubmit } from "./form.js";
import { money, productName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const cart = readCart();
  if (!cart.lines.length) {
    loaded();
    show("empty");
    return;
  }
  await signedIn();
  const [account, catalog] = await Promise.all([
    /** @type {Promise<Account>} */ (call("GET", "/api/account")),
    /** @type {Promise<Catalog>} */ (call("GET", `/api/catalog?partner=${encodeURIComponent(cart.partner)}`)),
  ]);
  loaded();
  show("content");
  summary(catalog);
  billing(account);
  onSubmit(el("form", HTMLFormElement), async (values) => {
    const address = box("billing-form").hidden ? account.billing : billingOf(values);
    const order = { partner: cart.partner, lines: cart.lines, payment: values.payment, billing: address };
    const placed = /** @type {Order} */ (await call("POST", "/api/orders", order, { "idempotency-key": await orderKey(order) }));
    emptyCart();
    location.assign(placed.checkout_url ?? `/orders/${placed.number}`);
  });
});

/** @param {Catalog} catalog */
function summary(catalog) {
  let total = { amount: 0, currency: "USD" };
  /** @type {Array<[string, string]>} */
  const rows = readCart().lines.map((line) => {
    const price = catalog.products.find((p) => p.code === line.product)?.price ?? { amount: 0, currency: "USD" };
    const amount = price.amount * line.quantity;
    total = { amount: total.amount + amount, currency: price.currency };
    return [`${line.quantity} \u00d7 ${productName(line.product)}`, money({ ...price, amount })];
  });
  facts("summary", [...rows, ["Total", money(total)]]);
}

/** The last billing address is shown; without one, or to change it, the form. @param {Account} account */
function billing(account) {
  billingFields(account.billing ?? { name: `${account.given_name} ${account.family_name}`, line1: "", city: "", postal_code: "", country: account.country });
  if (!account.billing) {
    show("billing-form");
    return;
  }
  show("billing-view");
  box("billing-text").replaceChildren(...billingLines(account.billing));
  el("billing-change", HTMLButtonElement).addEventListener("click", () => {
    show("billing-view", false);
    show("billing-form");
    el("billing-name", HTMLInputElement).focus();
  });
}
