// Package catalog owns what is sold: products and their renewal twins, prices, regions, and the partners
// that each accept some of the products (product.md 2). It is pure data with rules over it: catalog.json,
// held to its form by Load and by tests.
//
//   - Four products are sold in the store: {US, international phone service} x {with, without} proofing.
//   - Each has a renewal twin of the same region, proofing and price, which only a renewal sells.
//   - A partner accepts some of the store's products. The first, "all", is "All credentials and
//     subscriptions" and accepts every one.
//   - Region is about the phone: US is the 50 states and DC by numbering-plan area; everything else is
//     international. The store says so (product.md 2); package phone decides it.
//   - Money is integer minor units and a currency code, never a fraction. All prices have one currency.
package catalog
