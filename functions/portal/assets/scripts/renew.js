// @ts-check
/** Renew: the twin product of the own credential, payment, billing address; then the order's page or the payment service. */
/** @import { Account, Order } from "./contract.js" */
import { call } from "./api.js";
import { billingButtons, billingOf, invoicePart, paymentOf, showBilling } from "./billing.js";
import { forgetOrderKey, orderKey } from "./cart-store.js";
import { box, el, facts, loaded, show } from "./dom.js";
import { onSubmit } from "./form.js";
import { exactly, money, productName } from "./format.js";
import { afterRenewal, askRenewal, standing } from "./renewal.js";
import { signedIn, start } from "./shell.js";
import { keepTyped } from "./typed.js";

const keyPlace = "phoneotp.renewal-key";

start(async () => {
  const s = await signedIn();
  const r = await askRenewal();
  const [product] = r.products;
  if (!r.eligible || r.open_order || !product || !s.credential) {
    loaded();
    show("shut");
    box("shut").replaceChildren(...standing(s, r));
    return;
  }
  const account = /** @type {Account} */ (await call("GET", "/api/account"));
  loaded();
  show("content");
  facts("summary", [["Product", productName(product.code)], ["Price", money(product.price)], [s.credential.state === "expired" ? "Expired on" : "Valid until now", exactly(s.credential.expires_at)], ["Valid after renewal", afterRenewal(s.credential)]]);
  showBilling(account.billing, { name: `${account.given_name} ${account.family_name}`, line1: "", city: "", postal_code: "", country: account.country });
  billingButtons();
  const form = el("form", HTMLFormElement);
  const sent = keepTyped(form, s.user_id);
  invoicePart(form);
  onSubmit(form, async (values) => {
    const billing = box("billing-form").hidden ? account.billing : billingOf(values);
    const wanted = { product: product.code, ...paymentOf(values), billing };
    const placed = /** @type {Order} */ (await call("POST", "/api/renewal/orders", wanted, { "idempotency-key": await orderKey(wanted, keyPlace) }));
    sent();
    forgetOrderKey(keyPlace);
    location.assign(placed.checkout_url ?? `/orders/${placed.number}`);
  });
});
