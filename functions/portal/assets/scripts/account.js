// @ts-check
/** @import { Account } from "./contract.js" */
import { call } from "./api.js";
import { billingButtons, billingOf, showBilling } from "./billing.js";
import { el, facts, loaded, say, show } from "./dom.js";
import { onSubmit } from "./form.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  const account = /** @type {Account} */ (await call("GET", "/api/account"));
  facts("facts", [["User ID", account.user_id], ["Email", account.email]]);
  person(account);
  billing(account);
  loaded();
  show("content");
  billingButtons();
  saves("form", "saved", (values) => ({ given_name: values.given_name, family_name: values.family_name, country: values.country }), person);
  saves("billing-form", "billing-saved", (values) => ({ billing: billingOf(values) }), billing);
});

/** @param {Account} account */
function person(account) {
  el("given_name", HTMLInputElement).value = account.given_name;
  el("family_name", HTMLInputElement).value = account.family_name;
  el("country", HTMLSelectElement).value = account.country;
}

/** @param {Account} account */
function billing(account) {
  showBilling(account.billing, { name: `${account.given_name} ${account.family_name}`, line1: "", city: "", postal_code: "", country: account.country });
}

/** @param {string} id @param {string} said where it says that it was saved @param {(values: Record<string, string>) => unknown} change @param {(account: Account) => void} fill */
function saves(id, said, change, fill) {
  const form = el(id, HTMLFormElement);
  form.addEventListener("input", () => say(said, ""));
  onSubmit(form, async (values) => {
    say(said, "");
    fill(/** @type {Account} */ (await call("PATCH", "/api/account", change(values))));
    say(said, "Saved.");
  });
}
