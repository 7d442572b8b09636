// @ts-check
/** The cart: kept in this browser only. Prices are never kept: the server knows them. */

/** @typedef {{product: string, quantity: number}} CartLine */
/** @typedef {{partner: string, lines: CartLine[]}} Cart */

const place = "phoneotp.cart";
const keyPlace = "phoneotp.order-key";
/** At most 50 keys an order, over all lines (product.md 2). */
export const mostKeys = 50;
const code = /^[a-z0-9-]{1,40}$/;

/** What was kept, as far as it can be a cart: anybody may have written there. @returns {Cart} */
export function readCart() {
  /** @type {Cart} */
  const cart = { partner: "all", lines: [] };
  const found = kept(place);
  if (typeof found?.partner === "string" && code.test(found.partner)) cart.partner = found.partner;
  let left = mostKeys;
  for (const line of Array.isArray(found?.lines) ? found.lines : []) {
    const { product, quantity } = line ?? {};
    if (typeof product !== "string" || !code.test(product) || !Number.isInteger(quantity) || quantity < 1 || quantity > left) continue;
    left -= quantity;
    const same = cart.lines.find((l) => l.product === product);
    if (same) same.quantity += quantity;
    else cart.lines.push({ product, quantity });
  }
  return cart;
}

/** @param {Cart} cart */
export function writeCart(cart) {
  localStorage.setItem(place, JSON.stringify(cart));
}

export function emptyCart() {
  localStorage.removeItem(place);
  forgetOrderKey();
}

export const cartCount = () => readCart().lines.reduce((sum, line) => sum + line.quantity, 0);

/**
 * The idempotency key of an order: the same for the same content, so that a repeat after a lost answer finds
 * the order that was made. Only a digest of the content is kept.
 * @param {unknown} order @param {string} [at] where it is kept; renewals have a place of their own
 */
export async function orderKey(order, at = keyPlace) {
  const content = await digest(JSON.stringify(order));
  const found = kept(at);
  if (found?.content === content && typeof found.key === "string") return found.key;
  const key = crypto.randomUUID();
  localStorage.setItem(at, JSON.stringify({ content, key }));
  return key;
}

/** The next order is another one, even with the same content. @param {string} [at] */
export function forgetOrderKey(at = keyPlace) {
  localStorage.removeItem(at);
}

/** @param {string} name */
function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch { // unreadable: as good as nothing
    return null;
  }
}

/** @param {string} text */
async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
