// @ts-check
/** @import { Catalog, Product } from "./contract.js" */
import { call } from "./api.js";
import { mostKeys, readCart, writeCart } from "./cart-store.js";
import { el, h, loaded, show } from "./dom.js";
import { Incomplete, onSubmit, showFailure } from "./form.js";
import { money } from "./format.js";
import { session, start } from "./shell.js";

/** States of a credential that is alive, so that a buyer is steered to renew. */
const live = ["registered", "proofing", "proofed", "active", "frozen"];

start(async () => {
  void session.then((s) => show("holds", Boolean(s?.credential && live.includes(s.credential.state))), () => {});
  const partner = el("partner", HTMLSelectElement);
  const form = el("form", HTMLFormElement);
  const load = async () => {
    try {
      const catalog = /** @type {Catalog} */ (await call("GET", partner.value ? `/api/catalog?partner=${encodeURIComponent(partner.value)}` : "/api/catalog"));
      if (!partner.options.length) partner.append(...catalog.partners.map((p) => h("option", { value: p.id }, p.name)));
      products(catalog.products);
    } catch (failure) {
      loaded();
      showFailure(form, failure);
    }
  };
  partner.addEventListener("change", () => void load());
  onSubmit(form, async (values) => add(values));
  await load();
});

/** @param {Product[]} list */
function products(list) {
  const group = el("products", HTMLFieldSetElement);
  const legend = group.querySelector("legend");
  group.replaceChildren(...(legend ? [legend] : []));
  list.forEach((p, i) => {
    const id = `product-${i}`;
    group.append(h("div", { class: "usa-radio" },
      h("input", { class: "usa-radio__input usa-radio__input--tile", type: "radio", name: "product", value: p.code, id }),
      h("label", { class: "usa-radio__label product", for: id }, h("span", { class: "product__name" }, p.name), h("span", { class: "product__price" }, money(p.price)),
        h("span", { class: "usa-radio__label-description" }, `${region[p.region]} ${p.proofing ? "Includes identity proofing." : "Without identity proofing."}`))));
  });
  if (!list.length) group.append(h("p", {}, "This partner accepts no product at present."));
}

const region = { us: "For phone numbers of the 50 states and DC.", intl: "For all other phone numbers, US territories included." };

/** @param {Record<string, string>} values */
function add(values) {
  const quantity = Number(values.quantity);
  const errors = [];
  if (!values.product) errors.push({ pointer: "/lines/0/product", detail: "Choose a product" });
  if (!/^[0-9]+$/.test(values.quantity ?? "") || quantity < 1 || quantity > mostKeys) errors.push({ pointer: "/quantity", detail: `Enter a number from 1 to ${mostKeys}` });
  if (errors.length) throw new Incomplete(errors);
  let cart = readCart();
  if (cart.partner !== values.partner) cart = { partner: values.partner ?? "all", lines: [] }; // an order is for one partner
  const line = cart.lines.find((l) => l.product === values.product);
  if (cart.lines.reduce((sum, l) => sum + l.quantity, quantity) > mostKeys) throw new Incomplete([{ pointer: "/quantity", detail: `An order holds at most ${mostKeys} keys in all` }]);
  if (line) line.quantity += quantity;
  else cart.lines.push({ product: values.product ?? "", quantity });
  writeCart(cart);
  location.assign("/cart");
}
