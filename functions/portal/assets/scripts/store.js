// @ts-check
/** @import { Catalog, Product } from "./contract.js" */
import { call } from "./api.js";
import { mostKeys, readCart, writeCart } from "./cart-store.js";
import { box, el, h, loaded, show } from "./dom.js";
import { Incomplete, onSubmit, showFailure } from "./form.js";
import { money } from "./format.js";
import { session, start } from "./shell.js";
import { catalogFor, catalogOf } from "./shop.js";
import { steer } from "./steer.js";

start(async () => {
  void session.then(steer, () => {});
  const partner = el("partner", HTMLSelectElement);
  const form = el("form", HTMLFormElement);
  onSubmit(form, async (values) => add(values));
  try {
    const cart = readCart();
    const catalog = cart.lines.length ? await catalogFor(cart) : /** @type {Catalog} */ (await call("GET", "/api/catalog"));
    partner.append(...catalog.partners.map((p) => h("option", { value: p.id, ...(p.id === cart.partner ? { selected: "" } : {}) }, p.name)));
    products(catalog.products);
  } catch (failure) {
    loaded();
    showFailure(form, failure);
  }
  let asked = 0;
  partner.addEventListener("change", async () => {
    const mine = ++asked;
    tellOfCart(partner);
    try {
      const { products: list } = await catalogOf(partner.value);
      if (mine === asked) products(list); // an answer that comes late is for another partner
    } catch (failure) {
      products([]);
      showFailure(form, failure);
    }
  });
});

/** One order is for one partner: say so before the cart is emptied. @param {HTMLSelectElement} partner */
function tellOfCart(partner) {
  const cart = readCart();
  const other = cart.lines.length > 0 && cart.partner !== partner.value;
  show("other-partner", other);
  if (other) box("other-partner").textContent = `Your cart holds products for ${partner.querySelector(`option[value="${cart.partner}"]`)?.textContent ?? cart.partner}. An order is for one partner: what you add now replaces them.`;
}

/** @param {Product[]} list */
function products(list) {
  const group = box("product-list");
  group.replaceChildren();
  list.forEach((p, i) => {
    const id = `product-${i}`;
    group.append(h("div", { class: "usa-radio" },
      h("input", { class: "usa-radio__input usa-radio__input--tile", type: "radio", name: "product", value: p.code, id }),
      h("label", { class: "usa-radio__label product", for: id }, h("span", { class: "product__name" }, p.name), h("span", { class: "product__price" }, money(p.price)),
        h("span", { class: "usa-radio__label-description" }, `${region[p.region]} ${p.proofing ? "Includes identity proofing." : "Without identity proofing."}`))));
  });
  if (!list.length) group.append(h("p", {}, "Nothing can be shown for this partner at present."));
}

const region = {
  us: "For phone numbers of the 50 states and DC.",
  intl: "For all other phone numbers, also of Puerto Rico and the other US territories, Canada and the Caribbean.",
};

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
  if (cart.lines.reduce((sum, l) => sum + l.quantity, quantity) > mostKeys) throw new Incomplete([{ pointer: "/quantity", detail: `An order holds at most ${mostKeys} keys in all, and your cart has some already` }]);
  if (line) line.quantity += quantity;
  else cart.lines.push({ product: values.product ?? "", quantity });
  writeCart(cart);
  location.assign("/cart");
}
